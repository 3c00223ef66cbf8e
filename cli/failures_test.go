package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cli/exit"
)

func TestFailures(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	status := func(id, state, code, second string) string {
		return fmt.Sprintf(`{"event_id":%q,"status":%q,"attempts":2,"first_seen_at":"2026-01-31T23:59:%s.5Z","last_seen_at":"2026-01-31T23:59:59.5Z","error":{"code":%q,"reason":"the reason of \u202e%s"}}`,
			id, state, second, code, id)
	}
	api.on("GET /events", func(w http.ResponseWriter, r *http.Request, _ string) {
		switch query := r.URL.Query(); query.Get("status") + query.Get("cursor") {
		case "failed":
			fmt.Fprintf(w, `{"statuses":[%s,%s],"next_cursor":"c2"}`, status("c", "failed", "hash_mismatch", "30"), status("b", "failed", "invalid_event", "20"))
		case "failedc2":
			fmt.Fprintf(w, `{"statuses":[%s]}`, status("a", "failed", "hash_mismatch", "10"))
		case "processing":
			fmt.Fprint(w, `{"statuses":[]}`)
		default:
			t.Errorf("asked for %s", r.URL)
		}
	})
	for name, args := range map[string]string{
		"json": "", "text": "-o text", "some_text": "-o text --limit 2", "of_a_code_text": "-o text --code hash_mismatch", "none_text": "--processing -o text", "none_json": "--processing",
	} {
		golden(t, "failures_"+name, run(t, append(strings.Fields("failures "+args), "--endpoint", api.URL)...).String())
	}
	var listed struct {
		Statuses []struct {
			EventID string `json:"event_id"`
		}
		More bool
	}
	got := run(t, "failures", "--limit", "2", "--endpoint", api.URL)
	if err := json.Unmarshal([]byte(got.out), &listed); err != nil || len(listed.Statuses) != 2 || !listed.More {
		t.Errorf("%v: %s", err, got)
	}
	if got := run(t, "failures", "--limit", "0", "--endpoint", api.URL); got.code != exit.Usage {
		t.Errorf("%s", got)
	}
}

// TestReading_commands_name_the_client_whose_events_they_want runs each with a client, with
// nobody's events, and without either.
func TestReading_commands_name_the_client_whose_events_they_want(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	for _, path := range []string{"/events/e", "/events/e/status"} {
		api.on("GET "+path, func(w http.ResponseWriter, _ *http.Request, _ string) {
			fmt.Fprint(w, `{"event_id":"e","status":"processed"}`)
		})
	}
	api.on("GET /events", func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.URL.Query().Has("status") {
			fmt.Fprint(w, `{"statuses":[]}`)
			return
		}
		fmt.Fprint(w, `{"events":[]}`)
	})
	for command, asks := range map[string]string{"get e": "/events/e?client=", "status e": "/events/e/status?client=", "list --user-id u": "/events?client=", "failures": "/events?client="} {
		for _, c := range []struct{ flag, value string }{{"--client=orders", "orders"}, {"--client=", ""}} {
			before := len(api.asked())
			if got := run(t, append(strings.Fields(command), c.flag, "--endpoint", api.URL)...); got.code != exit.OK {
				t.Errorf("%s: %s", command, got)
			}
			if asked := strings.Join(api.asked()[before:], "\n"); !strings.Contains(asked, "GET "+asks+c.value) {
				t.Errorf("%s %s asked %s", command, c.flag, asked)
			}
		}
		before := len(api.asked())
		if got := run(t, append(strings.Fields(command), "--endpoint", api.URL)...); got.code != exit.OK || strings.Contains(strings.Join(api.asked()[before:], "\n"), "client") {
			t.Errorf("%s: %s, asked %s", command, got, api.asked()[before:])
		}
	}
}
