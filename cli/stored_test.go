package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/operate"
)

// maintain is a function that answers one call after the other.
type maintain struct {
	mu       sync.Mutex
	answers  []string
	requests []operate.Request
}

func (m *maintain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	raw, err := io.ReadAll(r.Body)
	var request operate.Request
	if err != nil || json.Unmarshal(raw, &request) != nil || !strings.Contains(r.URL.Path, "/fluxa-maintain-local/") || len(m.answers) == 0 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	m.requests = append(m.requests, request)
	fmt.Fprint(w, m.answers[0])
	m.answers = m.answers[1:]
}

// maintained runs a command on a stack whose maintain gives those answers.
func maintained(t *testing.T, command string, answers ...string) (outcome, []operate.Request) {
	t.Helper()
	m := &maintain{answers: answers}
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	dir := local(t, stack.Info{AWSEndpoint: server.URL, Region: "us-east-1"})
	got := run(t, append(strings.Fields(command), "--dir", dir)...)
	if len(m.answers) > 0 {
		t.Errorf("%s: %d answers were not asked for", command, len(m.answers))
	}
	return got, m.requests
}

func TestReplay(t *testing.T) {
	t.Parallel()
	const to = `"to":"2026-01-31T06:00:00Z"`
	for name, c := range map[string]struct {
		command   string
		answers   []string
		out       string
		arguments string
	}{
		"announced": {
			"replay --from 2026-01-31T00:00:00Z --to 2026-01-31T07:00:00+01:00 --rate 50/s --user-id ada --client orders",
			[]string{
				`{"token":"a","report":{` + to + `,"events":70,"counted":false,"sent":0}}`,
				`{"token":"b","report":{` + to + `,"events":90,"counted":true,"sent":50}}`,
				`{"done":true,"report":{` + to + `,"events":90,"counted":true,"sent":90}}`,
			},
			"announced 90 events stored from 2026-01-31T00:00:00Z to 2026-01-31T06:00:00Z\n",
			`{"from":"2026-01-31T00:00:00Z","to":"2026-01-31T07:00:00+01:00","client":"orders","user_id":"ada","rate":50}`,
		},
		"requeued": {
			"replay --from 2026-01-31T00:00:00Z --requeue -o json", []string{`{"done":true,"report":{` + to + `,"events":1,"counted":true,"sent":1}}`},
			`{` + to + `,"events":1,"counted":true,"sent":1,"stack":"the local stack under PLACE"}` + "\n", `{"from":"2026-01-31T00:00:00Z","requeue":true,"rate":100}`,
		},
		"counted": {
			"replay --from 2026-01-31T00:00:00Z --dry-run", []string{`{"done":true,"report":{` + to + `,"events":1,"counted":true,"sent":0}}`},
			"1 event stored from 2026-01-31T00:00:00Z to 2026-01-31T06:00:00Z, nothing was sent\n", `{"from":"2026-01-31T00:00:00Z","rate":100,"dry_run":true}`,
		},
	} {
		got, requests := maintained(t, c.command, c.answers...)
		got.out = place.ReplaceAllString(got.out, "${1}PLACE")
		if got.code != exit.OK || got.out != c.out || got.err != "" {
			t.Errorf("%s: %s, want\n%s", name, got, c.out)
		}
		if asked := string(requests[0].Arguments); asked != c.arguments || requests[0].Operation != "replay" {
			t.Errorf("%s: asked for %s, want %s", name, asked, c.arguments)
		}
	}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	const counts = `"to":"2026-01-31T06:00:00Z","events":1000,"counted":true,"passed":1000,"read":12,"objects":3`
	const head = "read 12 of 1,000 events stored before 2026-01-31T06:00:00Z, 3 in S3\n"
	findings := `"differing":3,"findings":[{"event_id":"e1","what":"payload_differs"},{"client":"orders","event_id":"e2","what":"object_missing"}]`
	for name, c := range map[string]struct {
		command, report, out, arguments string
		code                            int
	}{
		"in order": {
			"audit", `"differing":0`, head + "all have the bytes that were accepted\n", `{"parts":100,"part":1}`, exit.OK,
		},
		"not in order": {
			"audit --sample 12.5% --part 8 --from 2026-01-01T00:00:00Z --to 2026-01-02T00:00:00Z --client orders", findings,
			head + "CLIENT  EVENT ID  WHAT\n-       e1        payload_differs\norders  e2        object_missing\n" +
				"and 1 more: narrow them by --from, --to and --client\ndiffer from what was accepted: 3\n",
			`{"from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z","client":"orders","parts":8,"part":8}`, exit.Failure,
		},
		"as JSON": {
			"audit --sample 100% -o json", findings, `{` + counts + `,` + findings + "}\n", `{"parts":1,"part":1}`, exit.Failure,
		},
	} {
		got, requests := maintained(t, c.command, `{"done":true,"report":{`+counts+`,`+c.report+`}}`)
		if got.code != c.code || got.out != c.out || got.err != "" {
			t.Errorf("%s: %s, want\n%s", name, got, c.out)
		}
		if asked := string(requests[0].Arguments); asked != c.arguments || requests[0].Operation != "audit" {
			t.Errorf("%s: asked for %s, want %s", name, asked, c.arguments)
		}
	}
}
