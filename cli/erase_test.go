package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/event"
)

// maintains is the function maintain beside the queues of a stack: it answers each operation
// as it is told.
type maintains struct {
	mu       sync.Mutex
	requests []string
	begins   map[string]string // what a call without a token is answered, by operation
	answers  map[string]string // what every other call is
}

// stackWith returns the data folder of a stack that has these queues and this function.
func stackWith(t *testing.T, q *queues, m *maintains) (dir string) {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/functions/fluxa-maintain-local/invocations") {
			q.server.ServeHTTP(w, r)
			return
		}
		var request struct {
			Operation, Arguments json.RawMessage
			Token                string
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Error(err)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.requests = append(m.requests, string(request.Operation)+" "+string(request.Arguments))
		operation := strings.Trim(string(request.Operation), `"`)
		if answer := m.begins[operation]; answer != "" && request.Token == "" {
			fmt.Fprint(w, answer)
			return
		}
		fmt.Fprint(w, m.answers[operation])
	}))
	t.Cleanup(web.Close)
	info := q.info
	info.AWSEndpoint = web.URL
	return local(t, info)
}

// accepted returns the body of a message with a payload, or with one that is an object.
func accepted(t *testing.T, client, payload string, inline bool, at time.Time) string {
	t.Helper()
	e := event.Envelope{Client: client, EventID: "e", CorrelationID: "c", Mode: event.Inline, Payload: &payload, SHA256: event.Hash([]byte(payload)), ReceivedAt: at}
	if !inline {
		e.Mode, e.Payload, e.Bucket, e.Key = event.S3, nil, stack.Bucket, event.ObjectKey(e.Identity(), e.SHA256)
	}
	body, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestErase(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	ada, bob := `{"user_id":"ada"}`, `{"user_id":"bob"}`
	q.dead("a1", "invalid_event", "r", accepted(t, "", ada, true, now.Add(-time.Minute)))
	q.dead("a2", "invalid_event", "r", accepted(t, "orders", ada, true, now.Add(-time.Minute)))
	q.dead("a3", "payload_missing", "r", accepted(t, "orders", ada, false, now.Add(-time.Minute)))
	q.dead("a4", "invalid_event", "r", accepted(t, "orders", ada, true, now.Add(time.Minute)))
	q.dead("b1", "invalid_event", "r", accepted(t, "orders", bob, true, now.Add(-time.Minute)))
	q.dead("b2", "payload_missing", "r", accepted(t, "orders", bob, false, now.Add(-time.Minute)))
	q.dead("x1", "invalid_envelope", "r", "no envelope of anybody")
	m := &maintains{answers: map[string]string{
		"erase":         `{"done":true,"report":{"events":3,"objects":2,"objects_looked_at":9,"erasure":"0190b5c2-0000-7000-8000-000000000000","until":"2024-07-01T12:00:00Z"}}`,
		"erased-hashes": `{"done":true,"report":{"sha256":["` + event.Hash([]byte(ada)) + `"]}}`,
	}}
	dir := stackWith(t, q, m)
	erase := func(args ...string) outcome {
		return run(t, append([]string{"erase", "--user-id", "ada", "--dir", dir}, args...)...)
	}
	if got := erase("--maintain-function", "fluxa-maintain-prod", "--yes"); got.code != exit.Usage || !strings.Contains(got.err, "go together") {
		t.Errorf("a deployed function and local queues: %s", got)
	}
	golden(t, "erase_asks", stable(erase().String()))
	if got := erase("--yes", "--dry-run"); got.code != exit.OK {
		t.Errorf("%s", got)
	}
	for _, request := range m.requests {
		if strings.HasPrefix(request, `"erase"`) && !strings.Contains(request, `"dry_run":true`) {
			t.Errorf("asked to count, it asks for %s", request)
		}
	}
	q.wantStats("dlq", sqs.Stats{Visible: 7})
	m.begins = map[string]string{"erase": `{"token":"t","report":{"events":3,"objects":2,"objects_looked_at":0,"waits_for_uploads":true}}`}
	golden(t, "erase_client", stable(erase("--yes", "--client", "orders").String()))
	q.wantStats("dlq", sqs.Stats{Visible: 5}) // a2 and a3 are gone
	golden(t, "erase_json", stable(erase("--yes", "-o", "json").String()))
	q.wantStats("dlq", sqs.Stats{Visible: 4}) // a1 too; a4 was accepted later

	m.begins = nil
	q.dead("x2", "invalid_envelope", "r", `{"user_id":"ada"`)
	golden(t, "erase_unclear", uuidPattern.ReplaceAllString(erase("--yes").String(), "ID"))
}
