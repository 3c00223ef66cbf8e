package stack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
)

// clientsOf are two clients, one of them while it replaces its key, and an operator's.
const clientsOf = "orders:key-1|key-2,refunds:key-3,reports:key-4?reads=all"

func startWithClients(t *testing.T, clients string) *product {
	t.Helper()
	parsed, err := stack.ParseClients(clients)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, func(c *stack.Config) { c.Clients = parsed })
}

// as calls the API with a client's key.
func (p *product) as(key, method, path string, body string, headers ...string) answer {
	p.t.Helper()
	return p.do(method, path, []byte(body), append(headers, "x-api-key", key)...)
}

// TestClients_share_nothing has two clients use the same ids, users and keys, and looks for
// the one in whatever the other can reach: all routes, the tables, the bucket, the DLQ and
// the notifications.
func TestClients_share_nothing(t *testing.T) {
	t.Parallel()
	p := startWithClients(t, clientsOf)
	large := fmt.Sprintf(`{"k":%q}`, strings.Repeat("x", contract.InlineLimit))
	ids := map[string]map[string]string{} // of the events that bring none, by client and key
	for client, keys := range map[string][]string{"orders": {"key-1", "key-2"}, "refunds": {"key-3"}} {
		ids[client] = map[string]string{}
		for _, key := range keys {
			for _, body := range []string{eventWith("same", "1.00", client, `{}`), eventWith("big", "2.00", client, large)} {
				if a := p.as(key, http.MethodPost, "/events", body); a.status != http.StatusAccepted {
					t.Fatal(a)
				}
			}
			keyed := strings.Replace(eventWith("x", "3.00", "anybody", `{}`), `"event_id":"x",`, "", 1)
			a := p.as(key, http.MethodPost, "/events/batch", `{"events":[`+keyed+`]}`, "Idempotency-Key", "k")
			if a.status != http.StatusAccepted {
				t.Fatal(a)
			}
			var batch struct {
				Results []struct {
					EventID string `json:"event_id"`
				}
			}
			if err := json.Unmarshal(a.body, &batch); err != nil {
				t.Fatal(err)
			}
			ids[client][key] = batch.Results[0].EventID
		}
	}
	if ids["orders"]["key-1"] != ids["orders"]["key-2"] || ids["orders"]["key-1"] == ids["refunds"]["key-3"] {
		t.Errorf("one client's keys must give one id, two clients two: %v", ids)
	}
	p.drained()
	// An id that is taken is a conflict of its own client alone.
	p.as("key-1", http.MethodPost, "/events", eventWith("same", "9.00", "orders", `{}`))
	p.drained()

	reads := readsOfClients(p, ids)
	for _, route := range contract.Routes() {
		read, ok := reads[route.ID]
		if !ok {
			t.Fatalf("route %s has no row in this table: what of another client can it show?", route.ID)
		}
		for _, client := range []string{"orders", "refunds"} {
			read(t, client)
		}
	}

	for what, c := range map[string]struct{ query, want string }{
		"events":  {`SELECT string_agg(client || '/' || merchant || '/' || amount, ' ' ORDER BY client, amount) FROM events`, "orders/orders/1.00 orders/orders/2.00 orders/anybody/3.00 refunds/refunds/1.00 refunds/refunds/2.00 refunds/anybody/3.00"},
		"keys":    {`SELECT string_agg(client || '/' || status || '/' || attempts, ' ' ORDER BY client, event_id = 'same', event_id) FROM idempotency_keys WHERE event_id IN ('same', 'big')`, "orders/success/2 orders/success/2 refunds/success/1 refunds/success/1"},
		"objects": {`SELECT string_agg(split_part(s3_key, '/', 2) || '/' || split_part(s3_key, '/', 3), ' ' ORDER BY client) FROM events WHERE s3_key IS NOT NULL`, "orders/big refunds/big"},
	} {
		var got string
		if err := p.database().QueryRow(t.Context(), c.query).Scan(&got); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", what, got, err, c.want)
		}
	}
	var letters []string
	for _, m := range p.messages(stack.DLQ) {
		letters = append(letters, attribute(m, "client")+"/"+attribute(m, "event_id")+": "+attribute(m, "error_code"))
	}
	if diff := cmp.Diff([]string{"orders/same: idempotency_conflict"}, letters); diff != "" {
		t.Errorf("DLQ: %s", diff)
	}
	told := map[string]bool{}
	for _, m := range p.messages(stack.NotificationQueue) {
		var n struct{ Client, Merchant string }
		if err := json.Unmarshal([]byte(*m.Body), &n); err != nil {
			t.Fatal(err)
		}
		if n.Client != attribute(m, "client") || n.Merchant != n.Client && n.Merchant != "anybody" {
			t.Errorf("a notification of client %q has the attribute %q and the merchant %q", n.Client, attribute(m, "client"), n.Merchant)
		}
		told[n.Client] = true
	}
	if !told["orders"] || !told["refunds"] || len(told) != 2 {
		t.Errorf("notifications are of %v", told)
	}
}

// readsOfClients is how each route is asked for what belongs to another client.
func readsOfClients(p *product, ids map[string]map[string]string) map[string]func(t *testing.T, client string) {
	key := map[string]string{"orders": "key-2", "refunds": "key-3"}
	other := map[string]string{"orders": "refunds", "refunds": "orders"}
	foreign := func(client string) string {
		for _, id := range ids[other[client]] {
			return id
		}
		return ""
	}
	one := func(suffix, field string) func(*testing.T, string) {
		return func(t *testing.T, client string) {
			for _, id := range []string{"same", "big"} {
				path := "/events/" + id + suffix
				if a := p.as(key[client], http.MethodGet, path, ""); a.status != http.StatusOK || a.field(t, field) != strconv.Quote(client) {
					t.Errorf("%s of %s: %s", path, client, a)
				}
				if a := p.as(key[client], http.MethodGet, path+"?client="+other[client], ""); a.status != http.StatusForbidden || a.problem(t).Code != "forbidden" {
					t.Errorf("%s of %s, asked for by %s: %s", path, other[client], client, a)
				}
				if a := p.as("key-4", http.MethodGet, path+"?client="+client, ""); a.status != http.StatusOK || a.field(t, field) != strconv.Quote(client) {
					t.Errorf("%s of %s, asked for by one who reads all: %s", path, client, a)
				}
			}
			for path, status := range map[string]int{"/events/same" + suffix + "?client=": http.StatusForbidden, "/events/" + foreign(client) + suffix: http.StatusNotFound} {
				if a := p.as(key[client], http.MethodGet, path, ""); a.status != status {
					t.Errorf("%s asks for %s: %s, want %d", client, path, a, status)
				}
			}
			for _, nobody := range []string{"", "key-5", "key-1|key-2"} {
				if a := p.as(nobody, http.MethodGet, "/events/same"+suffix, ""); a.status != http.StatusForbidden {
					t.Errorf("the key %q opens %s: %s", nobody, suffix, a)
				}
			}
		}
	}
	posted := func(t *testing.T, client string) {
		if a := p.as("key-5", http.MethodPost, "/events", event("of-nobody")); a.status != http.StatusForbidden {
			t.Errorf("a key of nobody: %s", a)
		}
	}
	return map[string]func(*testing.T, string){
		contract.RouteIngest: posted, contract.RouteIngestBatch: posted,
		contract.RouteEvent: one("", "client"), contract.RoutePayload: one("/payload", "merchant"), contract.RouteStatus: one("/status", "client"),
		contract.RouteEvents: func(t *testing.T, client string) {
			first := p.pageOf(t, "key-4", "?user_id=ada&limit=1&client="+other[client])
			for query, least := range map[string]int{"?user_id=ada": 3, "?user_id=ada&cursor=" + first.NextCursor: 0} {
				page := p.pageOf(t, key[client], query)
				if len(page.Events) < least || slices.ContainsFunc(page.Events, func(e ownedEvent) bool { return e.Client != client }) {
					t.Errorf("%s lists %s: %+v", client, query, page)
				}
			}
			for query, status := range map[string]int{"?user_id=ada&client=" + other[client]: 403, "?user_id=ada&client=": 403, "?user_id=ada&client=Orders": 422} {
				if a := p.as(key[client], http.MethodGet, "/events"+query, ""); a.status != status {
					t.Errorf("%s lists %s: %s, want %d", client, query, a, status)
				}
			}
			if page := p.pageOf(t, "key-4", "?user_id=ada"); len(page.Events) != 0 {
				t.Errorf("one who reads all has events of its own: %+v", page)
			}
		},
		contract.RouteHealth: func(t *testing.T, client string) {
			if a := p.do(http.MethodGet, "/health", nil); a.status != http.StatusOK {
				t.Error(a)
			}
		},
	}
}

type ownedEvent struct {
	EventID string `json:"event_id"`
	Client  string `json:"client"`
}

type ownedPage struct {
	Events     []ownedEvent `json:"events"`
	NextCursor string       `json:"next_cursor"`
}

func (p *product) pageOf(t *testing.T, key, query string) (page ownedPage) {
	t.Helper()
	a := p.as(key, http.MethodGet, "/events"+query, "")
	if err := json.Unmarshal(a.body, &page); err != nil || a.status != http.StatusOK {
		t.Fatalf("%s: %s, %v", query, a, err)
	}
	return page
}

// TestClients_one_at_its_limit_slows_no_other has one client send as fast as it can, and
// another a few events, all of which must be taken.
func TestClients_one_at_its_limit_slows_no_other(t *testing.T) {
	t.Parallel()
	p := startWithClients(t, "greedy:key-1?rate_per_second=5&burst=5,modest:key-2?rate_per_second=5&burst=20")
	const requests = 20
	statuses := [2]map[int]int{{}, {}}
	atOnce(2, func(i int) {
		for n := range requests * (1 + 4*(1-i)) {
			a, err := call(t.Context(), http.MethodPost, p.Info().APIURL+"/events", []byte(event(fmt.Sprintf("e-%d", n))), "x-api-key", fmt.Sprintf("key-%d", i+1))
			if err != nil {
				t.Error(err)
				return
			}
			statuses[i][a.status]++
			if a.status == http.StatusTooManyRequests {
				if problem := a.problem(t); a.header.Get("Retry-After") == "" || problem.Code != "rate_limited" {
					t.Errorf("a throttled request: %s", a)
				}
			}
		}
	})
	if taken := statuses[0][http.StatusAccepted]; taken < 5 || statuses[0][http.StatusTooManyRequests] == 0 || taken+statuses[0][http.StatusTooManyRequests] != 5*requests {
		t.Errorf("the client beyond its limit has %v", statuses[0])
	}
	if diff := cmp.Diff(map[int]int{http.StatusAccepted: requests}, statuses[1]); diff != "" {
		t.Errorf("the client within its limit: %s", diff)
	}
}

func TestParseClients(t *testing.T) {
	t.Parallel()
	got, err := stack.ParseClients("orders:a|b?rate_per_second=2.5&burst=10, reports:c?reads=all")
	want := []stack.Client{
		{Name: "orders", Keys: []string{"a", "b"}, RatePerSecond: 2.5, Burst: 10, Reads: "own"},
		{Name: "reports", Keys: []string{"c"}, Reads: "all"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if got, err := stack.ParseClients(""); got != nil || err != nil {
		t.Errorf("none: %v, %v", got, err)
	}
	for text, says := range map[string]string{
		"orders":                      "the client orders has no key: write orders:key",
		"orders:":                     "the client orders has no key: write orders:key",
		"orders:a|":                   "the client orders has no key: write orders:key",
		"orders:a|b|c":                "the client orders has 3 keys, the limit is 2: the one in use, and the one that replaces it",
		"Orders:a":                    `"Orders" is not the name of a client: 1 to 32 of a-z 0-9 -, beginning with a letter, then a colon and a key`,
		"orders:a,orders:b":           "the client orders is given twice",
		"orders:a,refunds:a":          "a key of the client refunds belongs to orders too: each key says who calls",
		"orders:a?reads=some":         `reads of the client orders is "some", it must be own or all`,
		"orders:a?rate_per_second=x":  `rate_per_second of the client orders is "x", it must be a number`,
		"orders:a?rate_per_second=-1": "rate_per_second and burst of the client orders must be from 0, and the rate below a million",
		"orders:a?rate_per_second=5":  "the client orders needs rate_per_second and burst together",
		"orders:a?color=red":          `the client orders has the unknown setting "color": there are rate_per_second, burst and reads`,
	} {
		if _, err := stack.ParseClients(text); err == nil || err.Error() != says {
			t.Errorf("%s: %v, want %s", text, err, says)
		}
	}
}
