package webconsole_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/cli/webconsole"
	api "github.com/fluxa/fluxa/pkg/client"
)

var pages = []string{
	"", "/events", "/event?id=e-1", "/event?part&id=e-1", "/dlq", "/letter?id=m-1", "/send", "/send?poison", "/maintenance",
	"/part/recent", "/part/recent?all", "/part/notifications", "/part/letters", "/part/runs",
}

func TestPages_show_what_an_event_has_as_text_and_load_nothing_from_elsewhere(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	id := `\u003cscript\u003ealert(1)\u003c/script\u003e`
	s.write(`{"timestamp":"2026-11-30T08:00:00Z","level":"WARN","message":"message","service":"processor","event_id":"` + id + `","correlation_id":"c","result":"retried","deliveries":1,"error_code":"x","error":"` + id + `"}`)
	s.eventually("/part/recent", "alert(1)")
	outside := regexp.MustCompile(`(?:src|href|action|hx-get)="(?:https?:)?//`)
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+="|<script(?: defer)?>`)
	for _, path := range pages {
		response, body := s.do(http.MethodGet, path, nil)
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %s %s", path, response.Status, body)
		}
		if strings.Contains(body, script) {
			t.Errorf("%s has the script of an event: %s", path, body)
		}
		if found := append(outside.FindAllString(body, -1), inline.FindAllString(body, -1)...); len(found) > 0 {
			t.Errorf("%s has %q", path, found)
		}
		if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
	for _, path := range []string{"/event?id=e-1", "/letter?id=m-1", "/part/letters", "/part/notifications", "/part/recent"} {
		if _, body := s.do(http.MethodGet, path, nil); !strings.Contains(body, "alert(1)") {
			t.Errorf("%s does not show the text: %s", path, body)
		}
	}
}

// eventually waits until a page has the text.
func (s *stand) eventually(path, text string) {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, body := s.do(http.MethodGet, path, nil)
		if strings.Contains(body, text) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s never had %q: %s", path, text, body)
		}
	}
}

// TestDLQ_is_looked_into_by_one_at_a_time mends a message while a list holds the others.
func TestDLQ_is_looked_into_by_one_at_a_time(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	begun := make(chan struct{})
	s.listing = func() {
		close(begun)
		time.Sleep(100 * time.Millisecond) // time for the other one to come first, if it may
		s.did("list")
	}
	var wait sync.WaitGroup
	token := s.token()
	wait.Go(func() { s.do(http.MethodGet, "/part/letters", nil) })
	<-begun
	s.do(http.MethodPost, "/dlq/edit", url.Values{"id": {"m-1"}, "payload": {"{}"}, "token": {token}})
	wait.Wait()
	if got := strings.Join(s.actions(), ", "); got != "list, edit m-1 {}" {
		t.Errorf("%s", got)
	}
}

// TestEvent_is_of_the_client_that_used_its_id_last has two clients use one id.
func TestEvent_is_of_the_client_that_used_its_id_last(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for second, client := range []string{"orders", "refunds"} {
		s.write(fmt.Sprintf(`{"timestamp":"2026-11-30T08:00:%02dZ","level":"INFO","message":"m","service":"processor","event_id":"e-1","correlation_id":"c-%[2]s","client":%[2]q,"result":"processed","deliveries":1,"reason":"of-%[2]s"}`, second, client))
	}
	for _, client := range []string{"orders", "refunds"} {
		s.write(fmt.Sprintf(`{"timestamp":"2026-11-30T08:01:00Z","level":"INFO","message":"m","service":"processor","event_id":"e-1","correlation_id":"c","client":%q,"result":"duplicate","deliveries":1}`, client))
		_, body := s.do(http.MethodGet, "/event?part&id=e-1", nil)
		shown := func(of string) bool { return strings.Contains(body, "of-"+of+"&#34;") }
		if owners := s.owners; owners[len(owners)-1] != client || shown("orders") != (client == "orders") || shown("refunds") != (client == "refunds") {
			t.Errorf("read as %q, want %q: %s", owners, client, body)
		}
	}
}

func TestEvent_has_its_steps_in_the_order_in_which_they_began(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	line := func(second int, service, fields string) {
		s.write(fmt.Sprintf(`{"timestamp":"2026-11-30T08:00:%02dZ","level":"INFO","message":"m","service":%q,"event_id":"e-1","correlation_id":"c",%s}`, second, service, fields))
	}
	line(3, "ingest", `"status":202,"duration_ms":2500,"body_bytes":90`) // it answered late
	line(1, "processor", `"result":"retried","deliveries":1,"error_code":"database_unavailable","error":"database_unavailable: down","retry_in_s":5`)
	line(7, "processor", `"result":"processed","deliveries":2,"notified":true,"end_to_end_ms":6500`)
	line(8, "processor", `"result":"erased","deliveries":3`)
	line(9, "query", `"status":200,"route":"not shown"`)
	_, body := s.do(http.MethodGet, "/event?part&id=e-1", nil)
	rest := body
	for _, want := range []string{
		":00.500", "Request", "90 bytes reached ingest", "Accepted and queued",
		"Try 1: put back", "database_unavailable: down; tried again in 5.0 s", "Try 2: committed", "6.5 s after it was accepted", "Announced",
		"Try 3: dropped", "its user was erased",
	} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("%q is not there, or too early: %s", want, body)
		}
		rest = after
	}
	if strings.Contains(body, "not shown") {
		t.Errorf("the page's own questions are shown: %s", body)
	}
}

func TestForms_do_what_they_say(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, to, did string
		form          url.Values
	}{
		"send":        {"/send", "/event?id=e-1&said=sent", "send {}", url.Values{"payload": {"{}"}}},
		"send past":   {"/send", "/event?id=e-2&said=sent", "enqueue {}", url.Values{"payload": {"{}"}, "past": {"on"}}},
		"redrive":     {"/dlq/redrive", "/dlq?said=redriven", "redrive [m-1] all=false", url.Values{"id": {"m-1"}}},
		"redrive all": {"/dlq/redrive", "/dlq?said=redriven", "redrive [] all=true", url.Values{"all": {"1"}}},
		"edit":        {"/dlq/edit", "/event?id=e-1&said=edited", "edit m-1 {}", url.Values{"id": {"m-1"}, "payload": {"{}"}}},
		"delete":      {"/dlq/delete", "/dlq?said=deleted", "delete [m-1]", url.Values{"id": {"m-1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, nil)
			c.form.Set("token", s.token())
			response, body := s.do(http.MethodPost, c.path, c.form, "Sec-Fetch-Site", "same-origin")
			if response.StatusCode != http.StatusSeeOther || response.Header.Get("Location") != "/console"+c.to {
				t.Errorf("%s to %q: %s", response.Status, response.Header.Get("Location"), body)
			}
			if got := strings.Join(s.actions(), "; "); got != c.did {
				t.Errorf("it did %q, want %q", got, c.did)
			}
		})
	}
}

func TestForms_of_others_do_nothing(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	token := s.token()
	for name, c := range map[string]struct {
		token   string
		headers []string
	}{
		"no token":           {"", []string{"Sec-Fetch-Site", "same-origin"}},
		"another token":      {token + "x", []string{"Sec-Fetch-Site", "same-origin"}},
		"from another site":  {token, []string{"Sec-Fetch-Site", "cross-site"}},
		"from a sibling":     {token, []string{"Sec-Fetch-Site", "same-site"}},
		"another origin":     {token, []string{"Origin", "https://example.org"}},
		"no origin, no site": {"", nil},
	} {
		for _, path := range []string{"/send", "/dlq/redrive", "/dlq/edit", "/dlq/delete"} {
			form := url.Values{"token": {c.token}, "payload": {"{}"}, "id": {"m-1"}}
			if response, body := s.do(http.MethodPost, path, form, c.headers...); response.StatusCode != http.StatusForbidden {
				t.Errorf("%s, %s: %s %s", name, path, response.Status, body)
			}
		}
	}
	if len(s.actions()) > 0 {
		t.Errorf("it did %v", s.actions())
	}
	if response, _ := s.do(http.MethodGet, "/dlq/delete?id=m-1&token="+token, nil); response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET of an action: %s", response.Status)
	}
	form := url.Values{"token": {token}, "payload": {strings.Repeat("x", 2<<20)}}
	if response, _ := s.do(http.MethodPost, "/send", form, "Sec-Fetch-Site", "same-origin"); response.StatusCode != http.StatusForbidden || len(s.actions()) > 0 {
		t.Errorf("a form over the limit: %s, %d actions", response.Status, len(s.actions()))
	}
}

func TestDelete_without_an_id_deletes_nothing(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	response, _ := s.do(http.MethodPost, "/dlq/delete", url.Values{"token": {s.token()}})
	if response.StatusCode != http.StatusBadRequest || len(s.actions()) > 0 {
		t.Errorf("%s, %v", response.Status, s.actions())
	}
}

func TestHosts_that_others_can_name_are_refused(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for host, want := range map[string]int{
		"127.0.0.1:8080": http.StatusOK, "localhost:8080": http.StatusOK, "[::1]:8080": http.StatusOK, "192.168.7.7": http.StatusOK,
		"example.org": http.StatusMisdirectedRequest, "127.0.0.1.example.org:8080": http.StatusMisdirectedRequest,
	} {
		if response, _ := s.do(http.MethodGet, "", nil, "Host", host); response.StatusCode != want {
			t.Errorf("%s: %s, want %d", host, response.Status, want)
		}
	}
}

func TestKey_is_asked_for_when_the_stack_has_one(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *webconsole.Config) { c.APIKey = "secret" })
	for _, path := range append(pages, "/stream", "/assets/console.css") {
		response, body := s.do(http.MethodGet, path, nil)
		if response.StatusCode != http.StatusUnauthorized || response.Header.Get("WWW-Authenticate") == "" || strings.Contains(body, "secret") {
			t.Errorf("%s: %s %s", path, response.Status, body)
		}
	}
	wrong, right := "Basic eDp3cm9uZw==", "Basic eDpzZWNyZXQ=" // x:wrong, x:secret
	if response, _ := s.do(http.MethodGet, "", nil, "Authorization", wrong); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("with another key: %s", response.Status)
	}
	if response, _ := s.do(http.MethodGet, "", nil, "Authorization", right); response.StatusCode != http.StatusOK {
		t.Errorf("with the key: %s", response.Status)
	}
}

func TestSend_says_why_an_event_was_not_accepted(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.sent = &api.Problem{Status: 422, Title: "Unprocessable Content", Detail: script}
	response, body := s.do(http.MethodPost, "/send", url.Values{"token": {s.token()}, "payload": {`{"merchant":"` + script + `"}`}})
	if response.StatusCode != 422 || !strings.Contains(body, "Not accepted:") || strings.Contains(body, script) || !strings.Contains(body, "{&#34;merchant&#34;:&#34;&lt;script&gt;") {
		t.Errorf("%s %s", response.Status, body)
	}
}

func TestStream_tells_what_is_new_and_ends_with_the_console(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	response, err := http.Get(s.url + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	read := func() (tick struct {
		Points []struct{ Stored float64 }
		Depths webconsole.Depths
		Ages   struct{ Events float64 }
	}) {
		t.Helper()
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(text), &tick); err != nil {
					t.Fatal(err)
				}
				return tick
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return tick
	}
	if first := read(); len(first.Points) != 300 {
		t.Errorf("the first message has %d points", len(first.Points))
	}
	s.write(fmt.Sprintf(`{"_aws":{"Timestamp":%d},"processed_success":5}`, time.Now().UnixMilli()))
	for stored := 0.0; stored == 0; {
		tick := read()
		if tick.Depths.Events.Visible != 7 || tick.Depths.DLQ.InFlight != 2 || tick.Ages.Events != 3 {
			t.Fatalf("%+v", tick)
		}
		for _, p := range tick.Points {
			stored += p.Stored
		}
	}
	s.stop()
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream did not end in order: %v", err)
	}
}

func TestAssets_are_kept_by_browsers_under_their_version_alone(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	_, body := s.do(http.MethodGet, "", nil)
	for _, match := range regexp.MustCompile(`/console(/assets/[^"]+)`).FindAllStringSubmatch(body, -1) {
		response, content := s.do(http.MethodGet, match[1], nil)
		if response.StatusCode != http.StatusOK || content == "" || !strings.Contains(response.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %s, %q", match[1], response.Status, response.Header.Get("Cache-Control"))
		}
		path, _, _ := strings.Cut(match[1], "?")
		if response, _ := s.do(http.MethodGet, path, nil); response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %q", path, response.Header.Get("Cache-Control"))
		}
	}
	if response, _ := s.do(http.MethodGet, "/assets/none.js", nil); response.StatusCode != http.StatusNotFound {
		t.Errorf("an asset that there is not: %s", response.Status)
	}
}

func TestNew_names_what_is_missing(t *testing.T) {
	t.Parallel()
	if _, err := webconsole.New(webconsole.Config{Path: "/console"}); err == nil || err.Error() != "webconsole: Logs is required" {
		t.Errorf("%v", err)
	}
	p := &platform{}
	if _, err := webconsole.New(webconsole.Config{Path: "console/", Name: "x", Logs: p, Queues: p, Events: p, DeadLetters: p}); err == nil || !strings.Contains(err.Error(), `Path is "console/"`) {
		t.Errorf("%v", err)
	}
}
