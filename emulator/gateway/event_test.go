package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

var update = flag.Bool("update", false, "write the golden files")

// volatile are the members of an event that differ from one request to the next, and what
// stands for them in the golden files.
var volatile = []struct{ pattern, replacement string }{
	{`"extendedRequestId":"[A-Za-z0-9+/]{15}="`, `"extendedRequestId":"EXTENDED"`},
	{`"requestTime":"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000"`, `"requestTime":"TIME"`},
	{`"requestTimeEpoch":\d{13}`, `"requestTimeEpoch":0`},
	{`"requestId":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"`, `"requestId":"UUID"`},
	{`Root=1-[0-9a-f]{8}-[0-9a-f]{24}`, `Root=NEW`},
}

func compareGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	for _, v := range volatile {
		got = regexp.MustCompile(v.pattern).ReplaceAll(got, []byte(v.replacement))
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, got, "", "  "); err != nil {
		t.Fatal(err)
	}
	indented.WriteByte('\n')
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, indented.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(indented.Bytes(), want) {
		t.Errorf("got\n%s\nwant, from %s,\n%s", indented.Bytes(), path, want)
	}
}

func TestEventJSON(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, target, body string
		header               []string
	}{
		"post-event.json": {"POST", "/events?dry_run=true&tag=a&tag=b%20c&flag&q=1;2", `{"merchant":"<Ä & Co>"}`, []string{
			"Host", "api.example.test:8080", "Content-Type", "application/json", "User-Agent", "client/1",
			"X-Api-Key", "the-key", "X-Correlation-ID", "c-1", "Accept", "text/plain", "Accept", "*/*",
			"X-Forwarded-For", "203.0.113.9", "Connection", "X-Hop", "X-Hop", "dropped",
		}},
		"get-event.json": {"GET", "/events/a%2Fb%20c", "", []string{
			"Host", "localhost", "User-Agent", "", "X-Api-Key", "the-key",
			"X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
		}},
		"get-health.json": {"GET", "/health", "", []string{"Host", "127.0.0.1:1", "User-Agent", "curl/8", "X-Api-Key", "not asked for"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fakeFunction{}
			server := api(t, f, func(c *Config) {
				c.APIKeys, c.Stage, c.AccountID = []APIKey{{ID: "local", Value: "the-key"}}, "dev", "123456789012"
			})
			if got := do(t, test.method, server.URL+test.target, test.body, test.header...); got.status != 200 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			compareGolden(t, name, f.events[0])
			if event := f.last(t); event.Headers["X-Amzn-Trace-Id"] != f.traces[0] {
				t.Errorf("invoked with trace %q, the header has %q", f.traces[0], event.Headers["X-Amzn-Trace-Id"])
			}
		})
	}
}

// Every member of the event must be one that aws-lambda-go knows, principalOrgId aside,
// which AWS sends all the same.
func TestEventRoundTripsThroughTheTypesOfHandlers(t *testing.T) {
	t.Parallel()
	f := &fakeFunction{}
	server := api(t, f, nil)
	do(t, "POST", server.URL+"/events?a=1&a=2", `{"x":1}`, "X-Twice", "1", "X-Twice", "2")
	var strict events.APIGatewayProxyRequest
	known := bytes.Replace(f.events[0], []byte(`"principalOrgId":null,`), nil, 1)
	decoder := json.NewDecoder(bytes.NewReader(known))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&strict); err != nil {
		t.Fatal(err)
	}
	event := f.last(t)
	encoded, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	var again events.APIGatewayProxyRequest
	if err := json.Unmarshal(encoded, &again); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(event, again) {
		t.Errorf("first %+v, then %+v", event, again)
	}
	if event.Body != `{"x":1}` || event.IsBase64Encoded || event.Resource != "/events" || event.HTTPMethod != "POST" ||
		!reflect.DeepEqual(event.MultiValueHeaders["X-Twice"], []string{"1", "2"}) || event.Headers["X-Twice"] != "2" ||
		!reflect.DeepEqual(event.MultiValueQueryStringParameters["a"], []string{"1", "2"}) || event.QueryStringParameters["a"] != "2" ||
		event.RequestContext.Identity.SourceIP != "127.0.0.1" || event.RequestContext.APIID != "local" || event.RequestContext.RequestTimeEpoch == 0 {
		t.Errorf("event %+v", event)
	}
}

func TestPathParameters(t *testing.T) {
	t.Parallel()
	f := &fakeFunction{}
	server := api(t, f, func(c *Config) {
		c.Routes = append(c.Routes,
			Route{Method: "GET", Path: "/files/{folder}/{file+}", Function: f},
			Route{Method: "GET", Path: "/", Function: f})
	})
	tests := map[string]struct {
		resource   string
		parameters map[string]string
	}{
		"/events/e-1":                 {"/events/{event_id}", map[string]string{"event_id": "e-1"}},
		"/events/a%2Fb":               {"/events/{event_id}", map[string]string{"event_id": "a/b"}},
		"/events/%C3%A4+%25":          {"/events/{event_id}", map[string]string{"event_id": "ä+%"}},
		"/events/e-1/status":          {"/events/{event_id}/status", map[string]string{"event_id": "e-1"}},
		"/events/batch/status":        {"/events/{event_id}/status", map[string]string{"event_id": "batch"}},
		"/files/a/b/c%20d/e.txt":      {"/files/{folder}/{file+}", map[string]string{"folder": "a", "file": "b/c d/e.txt"}},
		"/health":                     {"/health", nil},
		"/":                           {"/", nil},
		"/events/urn:isbn:1.2_3-four": {"/events/{event_id}", map[string]string{"event_id": "urn:isbn:1.2_3-four"}},
	}
	for target, want := range tests {
		if got := do(t, "GET", server.URL+target, ""); got.status != 200 {
			t.Errorf("%s: %d %s", target, got.status, got.body)
			continue
		}
		event := f.last(t)
		if event.Resource != want.resource || event.RequestContext.ResourcePath != want.resource || !maps.Equal(event.PathParameters, want.parameters) {
			t.Errorf("%s: resource %s, parameters %v", target, event.Resource, event.PathParameters)
		}
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body    string
		encoded bool
	}{
		"JSON":              {`{"a":"\u2028<&>"}`, false},
		"UTF-8_with_a_BOM":  {"\ufeff{}", false},
		"a_noncharacter":    {"\"\ufffe\"", false},
		"the_replacement":   {"\"\ufffd\"", false},
		"control_chars":     {"\x00\x01\x7f", false},
		"gzip":              {"\x1f\x8b\x08\x00\xff", true},
		"a_lone_surrogate":  {"\"\xed\xa0\x80\"", true},
		"Latin-1":           {"caf\xe9", true},
		"an_overlong_slash": {"\xc0\xaf", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fakeFunction{}
			server := api(t, f, nil)
			if got := do(t, "POST", server.URL+"/events", test.body); got.status != 200 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			event := f.last(t)
			got := event.Body
			if event.IsBase64Encoded {
				raw, err := base64.StdEncoding.DecodeString(event.Body)
				if err != nil {
					t.Fatal(err)
				}
				got = string(raw)
			}
			if got != test.body || event.IsBase64Encoded != test.encoded {
				t.Errorf("body %q, base64 %v", got, event.IsBase64Encoded)
			}
		})
	}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	f := &fakeFunction{}
	server := api(t, f, nil)
	tests := map[string]map[string][]string{
		"":                       nil,
		"?":                      nil,
		"?&&":                    nil,
		"?a":                     {"a": {""}},
		"?a=":                    {"a": {""}},
		"?=b":                    {"": {"b"}},
		"?a=b=c":                 {"a": {"b=c"}},
		"?a=%C3%A4+%2B":          {"a": {"ä +"}},
		"?from=2026-01-01T00:00": {"from": {"2026-01-01T00:00"}},
		"?a=1&b=2&a=3":           {"a": {"1", "3"}, "b": {"2"}},
	}
	for query, want := range tests {
		if got := do(t, "GET", server.URL+"/events"+query, ""); got.status != 200 {
			t.Errorf("%s: %d %s", query, got.status, got.body)
			continue
		}
		if got := f.last(t).MultiValueQueryStringParameters; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}
