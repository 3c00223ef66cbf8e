package stack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/endpoint/endpointtest"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/operate"
)

// replayedEvents is how many events TestReplay has; FLUXA_REPLAY_EVENTS=100000 asks for more.
func replayedEvents(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("FLUXA_REPLAY_EVENTS"))
	if err != nil {
		return 2000
	}
	return n
}

// operate has maintain do an operation to its end, as the command does: it goes on from the
// last token that it was answered, whatever becomes of a call. It returns the report and
// how many calls ended without an answer.
func (p *product) operate(operation, arguments string) (report map[string]any, lost int) {
	p.t.Helper()
	request := operate.Request{Operation: operation, By: "test", Arguments: []byte(arguments)}
	for {
		payload, err := json.Marshal(request)
		if err != nil {
			p.t.Fatal(err)
		}
		raw, functionError, err := p.Function(contract.FunctionMaintain).Call(p.t.Context(), payload, "")
		if err != nil {
			p.t.Fatal(err)
		}
		if functionError != "" {
			if lost++; lost > 10 {
				p.t.Fatalf("%s: %s", functionError, raw)
			}
			continue
		}
		var answer operate.Answer
		if err := json.Unmarshal(raw, &answer); err != nil || answer.Error != nil {
			p.t.Fatalf("%s: %v, %v", raw, answer.Error, err)
		}
		if request.Token = answer.Token; !answer.Done {
			continue
		}
		if err := json.Unmarshal(answer.Report, &report); err != nil {
			p.t.Fatal(err)
		}
		return report, lost
	}
}

// fill stores n events in the hour that ended two minutes ago, and as many outside: before
// and after it, and of another client within it.
func (p *product) fill(n int) (from, to time.Time) {
	p.t.Helper()
	to = time.Now().UTC().Truncate(time.Second).Add(-2 * time.Minute)
	from = to.Add(-time.Hour)
	if _, err := p.database().Exec(p.t.Context(), `
		INSERT INTO events (client, event_id, created_at, received_at, ts, user_id, amount, currency, merchant, correlation_id, payload_sha256, payload)
		SELECT client, prefix || n, at, at, at, 'ada', 1.50, 'EUR', 'Shop', 'c', sha256('{}'), '{}'
		FROM generate_series(0, $3::int - 1) AS n, LATERAL (VALUES
			('orders', 'in-', $1::timestamptz + n * (interval '1 hour' / $3::int)),
			('refunds', 'in-', $1::timestamptz + n * (interval '1 hour' / $3::int)),
			('orders', 'early-', $1::timestamptz - interval '1 microsecond' - n * interval '1 second'),
			('orders', 'late-', $2::timestamptz + n * interval '1 microsecond')) AS e (client, prefix, at)`, from, to, n); err != nil {
		p.t.Fatal(err)
	}
	return from, to
}

// TestReplay_killed_twice_announces_each_event_at_least_once_and_no_other kills -9 maintain
// when a part of the notifications has left: once before the topic takes what is on its
// way, once when it has.
func TestReplay_killed_twice_announces_each_event_at_least_once_and_no_other(t *testing.T) {
	t.Parallel()
	events := replayedEvents(t)
	p := start(t, nil)
	from, to := p.fill(events)
	var mu sync.Mutex
	announced, calls, all := map[string]int{}, 0, 0
	p.Endpoint().Intercept(endpoint.SNS, func(w http.ResponseWriter, r *http.Request, sns http.Handler) {
		if r.FormValue("Action") != "PublishBatch" {
			sns.ServeHTTP(w, r)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		calls++
		before, after := calls == events/30, calls == events/15 // of about events/10 calls
		if before || after {
			for _, pid := range p.Function(contract.FunctionMaintain).Pids() {
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					t.Errorf("kill maintain: %v", err)
				}
			}
		}
		if before {
			endpointtest.Unreachable(w, r, sns)
			return
		}
		sns.ServeHTTP(w, r)
		for i := 1; r.PostForm.Has(fmt.Sprintf("PublishBatchRequestEntries.member.%d.Message", i)); i++ {
			entry := fmt.Sprintf("PublishBatchRequestEntries.member.%d.", i)
			attributes := map[string]string{}
			for j := 1; r.PostForm.Has(fmt.Sprintf("%sMessageAttributes.entry.%d.Name", entry, j)); j++ {
				attribute := fmt.Sprintf("%sMessageAttributes.entry.%d.", entry, j)
				attributes[r.PostForm.Get(attribute+"Name")] = r.PostForm.Get(attribute + "Value.StringValue")
			}
			if attributes["replayed"] != "true" {
				t.Errorf("announced without saying that it is a replay: %v", attributes)
			}
			announced[attributes["client"]+"/"+attributes["event_id"]]++
			all++
		}
	})
	report, lost := p.operate("replay", fmt.Sprintf(`{"from":%q,"to":%q,"client":"orders","rate":10000}`, from.Format(time.RFC3339), to.Format(time.RFC3339)))
	if lost != 2 {
		t.Errorf("%d calls were cut off, want 2", lost)
	}
	if report["events"] != float64(events) || report["sent"] != float64(events) {
		t.Errorf("report %v, want %d events", report, events)
	}
	mu.Lock()
	defer mu.Unlock()
	for n := range events {
		if announced[fmt.Sprint("orders/in-", n)] == 0 {
			t.Fatalf("in-%d was not announced; %d of %d were", n, len(announced), events)
		}
	}
	if len(announced) != events {
		t.Errorf("%d events were announced, %d are in the range", len(announced), events)
	}
	if all == events {
		t.Error("no event was announced twice: the interruptions did not happen in the middle of anything")
	}
	t.Logf("%d events, announced %d times", events, all)
}

// TestReplay_requeued_comes_as_it_came sends an inline event and one of S3 through the
// queue again.
func TestReplay_requeued_comes_as_it_came(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	for _, body := range []string{event("small"), eventWith("large", "1", "m", `{"k":"`+strings.Repeat("x", contract.InlineLimit)+`"}`)} {
		if a := p.post(body); a.status != http.StatusAccepted {
			t.Fatal(a)
		}
	}
	p.processed("small")
	p.processed("large")
	p.drained()
	// A replay wants events of which it is sure that no more are added.
	p.exec(`UPDATE events SET created_at = created_at - interval '2 minutes'`)
	p.exec(`UPDATE idempotency_keys SET stored_at = stored_at - interval '2 minutes'`)
	report, _ := p.operate("replay", `{"from":"2026-01-01T00:00:00Z","rate":100,"requeue":true}`)
	if report["sent"] != 2.0 {
		t.Errorf("report %v", report)
	}
	eventually(t, func() string {
		if n := p.number(`SELECT count(*) FROM idempotency_keys WHERE attempts = 2 AND status = 'success'`); n != 2 {
			return fmt.Sprintf("%d events have come again", n)
		}
		return ""
	})
	p.drained()
	if n := p.number(`SELECT count(*) FROM events`); n != 2 {
		t.Errorf("%d rows, want 2: what comes again is known", n)
	}
	if dead := p.messages(stack.DLQ); len(dead) != 0 {
		t.Errorf("the DLQ has %v", dead)
	}
}
