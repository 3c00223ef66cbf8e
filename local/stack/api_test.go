package stack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/endpoint/endpointtest"
	"github.com/fluxa/fluxa/local/stack"
)

type problem struct {
	Type          string `json:"type"`
	Title         string `json:"title"`
	Status        int    `json:"status"`
	Detail        string `json:"detail"`
	Instance      string `json:"instance"`
	Code          string `json:"code"`
	CorrelationID string `json:"correlation_id"`
	Errors        []struct {
		Pointer string `json:"pointer"`
		Code    string `json:"code"`
		Detail  string `json:"detail"`
	} `json:"errors"`
}

// problem checks that an answer is a problem document and returns it.
func (a answer) problem(t *testing.T) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	if a.header.Get("Content-Type") != "application/problem+json" || p.Type == "" || p.Title == "" || p.Detail == "" || p.Instance == "" || p.Code == "" ||
		p.Status != a.status || p.CorrelationID == "" || p.CorrelationID != a.header.Get("X-Correlation-ID") || p.Errors == nil {
		t.Errorf("not a whole problem document: %s %v", a, a.header)
	}
	return p
}

func TestAPI_batch(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	good, keyed := event("b1"), strings.Replace(event("x"), `"event_id":"x",`, "", 1)
	all := p.do(http.MethodPost, "/events/batch", []byte(`{"events":[`+good+","+keyed+","+keyed+`]}`), "Idempotency-Key", "k1")
	if all.status != http.StatusAccepted {
		t.Fatal(all)
	}
	var first, again struct {
		Results []struct {
			Index   int    `json:"index"`
			EventID string `json:"event_id"`
			Status  string `json:"status"`
			Error   *struct {
				Code   string `json:"code"`
				Errors []struct {
					Pointer string `json:"pointer"`
				} `json:"errors"`
			} `json:"error"`
		} `json:"results"`
	}
	if err := json.Unmarshal(all.body, &first); err != nil {
		t.Fatal(err)
	}
	for i, r := range first.Results {
		if r.Index != i || r.Status != "enqueued" || r.Error != nil {
			t.Errorf("result %+v", r)
		}
		p.processed(r.EventID)
	}
	if first.Results[1].EventID == first.Results[2].EventID {
		t.Error("two events of one batch share the id made of the key")
	}
	mixed := p.do(http.MethodPost, "/events/batch", []byte(`{"events":[`+good+`,{"amount":0},`+keyed+`]}`), "Idempotency-Key", "k1")
	if mixed.status != http.StatusMultiStatus {
		t.Fatal(mixed)
	}
	if err := json.Unmarshal(mixed.body, &again); err != nil {
		t.Fatal(err)
	}
	refused := again.Results[1]
	if refused.Status != "refused" || refused.Error == nil || len(refused.Error.Errors) != 5 {
		t.Errorf("the refused one must name each bad field: %s", mixed)
	}
	if again.Results[2].EventID != first.Results[1].EventID {
		t.Error("the same key and bytes gave another id")
	}
	if whole := p.do(http.MethodPost, "/events/batch", []byte(`{"events":[]}`)); whole.status != http.StatusUnprocessableEntity {
		t.Error(whole)
	} else {
		whole.problem(t)
	}
	many := strings.TrimSuffix(strings.Repeat(keyed+",", 500), ",")
	if a := p.do(http.MethodPost, "/events/batch", []byte(`{"events":[`+many+`]}`)); a.status != http.StatusAccepted {
		t.Error(a)
	}
	if a := p.do(http.MethodPost, "/events/batch", []byte(`{"events":[`+many+","+keyed+`]}`)); a.status != http.StatusUnprocessableEntity {
		t.Error(a)
	}
	p.drained()
	if n := p.number(`SELECT count(*) FROM events`); n != 503 {
		t.Errorf("%d events are stored, want 503", n)
	}
}

func TestAPI_list_pages(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	var bodies []string
	for i := range 25 {
		user := "ada"
		if i%5 == 4 {
			user = "bob"
		}
		bodies = append(bodies, fmt.Sprintf(`{"event_id":"p%02d","user_id":%q,"amount":1,"currency":"EUR","merchant":"M","timestamp":"2026-01-01T00:00:%02dZ"}`, i, user, i/2))
	}
	if a := p.do(http.MethodPost, "/events/batch", []byte(`{"events":[`+strings.Join(bodies, ",")+`]}`)); a.status != http.StatusAccepted {
		t.Fatal(a)
	}
	p.drained()
	var got []string
	cursor := ""
	for {
		a := p.get("/events?user_id=ada&limit=7&from=2026-01-01T00:00:01Z&to=2026-01-01T00:00:12Z" + cursor)
		var page struct {
			Events []struct {
				EventID string `json:"event_id"`
			} `json:"events"`
			NextCursor string `json:"next_cursor"`
		}
		if err := json.Unmarshal(a.body, &page); err != nil || a.status != http.StatusOK {
			t.Fatalf("%s: %v", a, err)
		}
		for _, e := range page.Events {
			got = append(got, e.EventID)
		}
		if page.NextCursor == "" {
			break
		}
		cursor = "&cursor=" + page.NextCursor
	}
	want := []string{"p23", "p22", "p21", "p20", "p18", "p17", "p16", "p15", "p13", "p12", "p11", "p10", "p08", "p07", "p06", "p05", "p03", "p02"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("newest first, each once: %s", diff)
	}
	if a := p.get("/events?user_id=nobody"); a.status != http.StatusOK || a.field(t, "events") != "[]" {
		t.Errorf("no events: %s", a)
	}
	if errs := p.get("/events?limit=0&from=yesterday&cursor=!").problem(t).Errors; len(errs) != 4 {
		t.Errorf("the bad parameters are not all named: %+v", errs)
	}
}

func TestAPI_errors(t *testing.T) {
	t.Parallel()
	p := start(t, func(c *stack.Config) { c.APIKey = "secret-key" })
	key := []string{"X-API-KEY", "secret-key"}
	for _, tc := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
	}{
		{"no key", "GET", "/events/x", "", nil, 403},
		{"a wrong key", "GET", "/events/x", "", []string{"x-api-key", "wrong"}, 403},
		{"no such event", "GET", "/events/x", "", key, 404},
		{"no such status", "GET", "/events/x/status", "", key, 404},
		{"no such path", "GET", "/nothing", "", key, 404},
		{"no such method", "DELETE", "/events/x", "", key, 405},
		{"an id that cannot be one", "GET", "/events/a%20b", "", key, 422},
		{"not JSON", "POST", "/events", "{", key, 400},
		{"an invalid event", "POST", "/events", "{}", key, 422},
	} {
		a := p.do(tc.method, tc.path, []byte(tc.body), append(tc.headers, "X-Correlation-ID", "corr-9")...)
		if a.status != tc.status {
			t.Errorf("%s: %s, want %d", tc.name, a, tc.status)
		}
		if got := a.problem(t); got.CorrelationID != "corr-9" {
			t.Errorf("%s: correlation id %q", tc.name, got.CorrelationID)
		}
	}
	invalid := p.do("POST", "/events", []byte(`{"user_id":"","amount":"1","currency":"eur","timestamp":"today","extra":1}`), key...).problem(t)
	var pointers []string
	for _, e := range invalid.Errors {
		pointers = append(pointers, e.Pointer)
	}
	if diff := cmp.Diff([]string{"/user_id", "/amount", "/currency", "/timestamp", "/extra", "/merchant"}, pointers); diff != "" {
		t.Errorf("every bad field is named: %s", diff)
	}
	if a := p.get("/health"); a.status != http.StatusOK || string(a.body) != `{"status":"healthy"}` {
		t.Errorf("health wants no key: %s", a)
	}
	long := p.do("POST", "/events", []byte(event("ok")), append(key, "X-Correlation-ID", strings.Repeat("x", 129))...)
	if got := long.header.Get("X-Correlation-ID"); long.status != http.StatusAccepted || len(got) != 36 {
		t.Errorf("a correlation id that is too long is replaced: %q %s", got, long)
	}
}

func TestAPI_unreachable_queue_is_503_and_nothing_is_accepted(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	restore := p.Endpoint().Intercept(endpoint.SQS, func(w http.ResponseWriter, r *http.Request, sqs http.Handler) {
		if strings.Contains(r.Header.Get("X-Amz-Target"), "SendMessage") {
			endpointtest.Unreachable(w, r, sqs)
		}
		sqs.ServeHTTP(w, r)
	})
	a := p.post(event("lost"))
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("%s %v", a, a.header)
	}
	a.problem(t)
	if b := p.do(http.MethodPost, "/events/batch", []byte(`{"events":[`+event("l1")+","+event("l2")+`]}`)); b.status != http.StatusServiceUnavailable {
		t.Error(b)
	}
	restore()
	if a := p.post(event("lost")); a.status != http.StatusAccepted {
		t.Error(a)
	}
	p.processed("lost")
}

// TestInvoke calls a function as an AWS SDK does.
func TestInvoke_at_the_endpoint(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	a, err := call(t.Context(), http.MethodPost, p.Info().AWSEndpoint+"/2015-03-31/functions/fluxa-migrate-local/invocations", []byte("{}"))
	if err != nil || a.status != http.StatusOK || string(a.body) != `{"applied":[]}` {
		t.Errorf("%s, %v", a, err)
	}
	if a, err := call(t.Context(), http.MethodPost, p.Info().AWSEndpoint+"/2015-03-31/functions/none/invocations", []byte("{}")); err != nil || a.status != http.StatusNotFound {
		t.Errorf("%s, %v", a, err)
	}
}
