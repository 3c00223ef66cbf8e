package stack_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/event/eventtest"
	"github.com/fluxa/fluxa/pkg/query"
)

// wireRequest is a request as the firewall sees it. The path is decoded, as the
// rules' transformations do, save where a rule measures it.
type wireRequest struct {
	method, path, body string
	query              url.Values
	header             map[string]string
}

func (r wireRequest) methods() []string    { return []string{r.method} }
func (r wireRequest) paths() []string      { return []string{r.path} }
func (r wireRequest) bodies() []string     { return []string{r.body} }
func (r wireRequest) rawQueries() []string { return []string{r.query.Encode()} }
func (r wireRequest) hosts() []string      { return []string{"a1b2c3.execute-api.us-east-1.amazonaws.com"} }
func (r wireRequest) cookies() []string    { return nil } // the contract has none

func (r wireRequest) queries() (out []string) {
	for _, values := range r.query {
		out = append(out, values...)
	}
	return out
}

func (r wireRequest) headers() (out []string) {
	for name, value := range r.header {
		out = append(out, name, value)
	}
	return out
}

func (r wireRequest) userAgents() []string {
	if agent := r.header["User-Agent"]; agent != "" {
		return []string{agent}
	}
	return nil
}

// accepted returns requests that the API accepts, each checked with what checks it
// there: every payload of the decoder's tests, and every hostile text wherever a
// caller may put it.
func accepted(t *testing.T) []wireRequest {
	t.Helper()
	var out []wireRequest
	userIDs, ids := hostile(), hostile()
	for _, body := range acceptedBodies(t) {
		e, err := event.Decode(body)
		if err != nil {
			t.Fatalf("%.80s: %v", body, err)
		}
		userIDs, ids = append(userIDs, e.UserID), append(ids, e.ID)
		out = append(out, wireRequest{method: http.MethodPost, path: "/prod/events", body: string(body)})
	}
	for _, id := range ids {
		if !event.ValidID(id) {
			continue
		}
		for _, route := range contract.Routes() {
			if path := strings.ReplaceAll(route.Path, "{"+contract.PathEventID+"}", id); path != route.Path {
				out = append(out, wireRequest{method: route.Method, path: "/prod" + path})
			}
		}
	}
	for _, id := range userIDs {
		if (query.ListRequest{UserID: id}).Check() == nil {
			out = append(out, wireRequest{method: http.MethodGet, path: "/prod/events", query: url.Values{contract.QueryUserID: {id}}})
		}
	}
	for _, text := range hostile() {
		if len(text) > contract.CorrelationIDLimit || strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r > 0x7e }) {
			continue
		}
		for _, header := range []string{contract.HeaderCorrelationID, contract.HeaderIdempotencyKey} {
			out = append(out, wireRequest{method: http.MethodPost, path: "/prod/events", body: eventtest.With(), header: map[string]string{header: text}})
		}
	}
	for _, agent := range []string{"curl/8.5.0", "Go-http-client/2.0", "python-requests/2.32.3", "Java/21.0.4", "okhttp/4.12.0", "axios/1.7.7", "fluxa"} {
		out = append(out, wireRequest{method: http.MethodGet, path: "/prod/health", header: map[string]string{"User-Agent": agent}})
	}
	return out
}

func acceptedBodies(t *testing.T) (out [][]byte) {
	t.Helper()
	for _, c := range eventtest.Accepted() {
		out = append(out, []byte(c.Payload))
	}
	for _, payload := range eventtest.Corpus() {
		if _, err := event.Decode(payload); err == nil {
			out = append(out, payload)
		}
	}
	for _, text := range append(hostile(), strings.Repeat("m", 10_000)) {
		raw, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		// As callers write it: encoding/json escapes < and >.
		plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(raw))
		out = append(out, []byte(eventtest.With("metadata", `{"said":`+plain+`}`)))
	}
	return out
}

// What the API accepts, the firewall lets pass.
func TestFirewall_blocks_nothing_that_the_API_accepts(t *testing.T) {
	t.Parallel()
	requests, known := accepted(t), firewallRules()
	acl := prod(t).stacks[pipeline].at(t, "Firewall/ACL")
	for _, rule := range acl.plain("Rules").([]any) {
		group, managed := rule.(object)["Statement"].(object)["ManagedRuleGroupStatement"].(object)
		if !managed {
			continue
		}
		name := group["Name"].(string)
		if known[name] == nil {
			t.Errorf("%s has the group %s, whose rules this test does not know", acl, name)
		}
		counted := countedRules(t, group)
		for _, r := range known[name] {
			found := slices.IndexFunc(requests, r.matches)
			counts := slices.Contains(counted, r.name)
			if found >= 0 && !counts {
				t.Errorf("%s blocks %.300q, which the API accepts", r.name, requests[found])
			}
			if found < 0 && counts {
				t.Errorf("%s only counts, and it finds nothing that the API accepts: it may block", r.name)
			}
			counted = slices.DeleteFunc(counted, func(name string) bool { return name == r.name })
		}
		if len(counted) > 0 {
			t.Errorf("%s has no rules %q: WAF would refuse the group", name, counted)
		}
	}
}

// countedRules are those of the group that the firewall only counts.
func countedRules(t *testing.T, group object) (out []string) {
	t.Helper()
	overrides, _ := group["RuleActionOverrides"].([]any)
	for _, override := range overrides {
		same(t, override, override.(object)["ActionToUse"], object{"Count": object{}})
		out = append(out, override.(object)["Name"].(string))
	}
	return out
}
