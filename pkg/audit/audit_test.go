package audit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/audit"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
)

// world has the events of one day, in the order of their ids, and the objects of some.
type world struct {
	events []event.Stored
	sums   map[string]string // by key
	errs   map[string]error

	mu   sync.Mutex
	read map[string]int // by id: how often its row was read
	gone func(id string) bool
}

func (w *world) RangeCount(context.Context, event.Range, event.Place) (int64, event.Place, bool, error) {
	return int64(len(w.events)), event.Place{}, true, nil
}

func (w *world) RangeKeys(_ context.Context, _ event.Range, after event.Place, limit int) (keys []event.StoredKey, next event.Place, done bool, err error) {
	for _, e := range w.events {
		if e.ID <= after.ID {
			continue
		}
		if len(keys) == limit {
			return keys, event.Place{Day: time.Unix(0, 0), ID: keys[limit-1].ID}, false, nil
		}
		keys = append(keys, event.StoredKey{Identity: e.Identity()})
	}
	return keys, next, true, nil
}

func (w *world) RangeNamed(_ context.Context, keys []event.StoredKey) (events []event.Stored, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if slices.ContainsFunc(keys, func(key event.StoredKey) bool { return key.Identity == e.Identity() }) {
			if w.read[e.ID]++; w.read[e.ID] > 1 && w.gone != nil && w.gone(e.ID) {
				continue
			}
			events = append(events, e)
		}
	}
	return events, nil
}

func (w *world) Sum(_ context.Context, key string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.errs[key]; err != nil {
		return "", err
	}
	sum, ok := w.sums[key]
	if !ok {
		return "", fault.New(fault.PayloadMissing, "no such object")
	}
	return sum, nil
}

// worldOf has n events, every tenth of them in S3, and all in order.
func worldOf(n int) *world {
	w := &world{sums: map[string]string{}, errs: map[string]error{}, read: map[string]int{}}
	for i := range n {
		payload := []byte(fmt.Sprint("payload ", i))
		e := event.Stored{Event: event.Event{ID: fmt.Sprintf("e-%05d", i)}, Client: "orders", Mode: event.Inline, Payload: payload, SHA256: event.Hash(payload)}
		if i%10 == 9 {
			e.Mode, e.Payload, e.Key = event.S3, nil, event.ObjectKey(e.Identity(), e.SHA256)
			w.sums[e.Key] = e.SHA256
		}
		w.events = append(w.events, e)
	}
	return w
}

func operations(t *testing.T, w *world) operate.Operations {
	t.Helper()
	service, err := audit.New(audit.Config{Store: w, Blobs: w})
	if err != nil {
		t.Fatal(err)
	}
	return operate.Operations{"audit": service.Operation()}
}

func run(t *testing.T, w *world, parts, part int) (report audit.Report) {
	t.Helper()
	request := operate.Request{Operation: "audit", By: "eva", Arguments: fmt.Appendf(nil, `{"from":"2026-01-01T00:00:00Z","parts":%d,"part":%d}`, parts, part)}
	for {
		answer, err := operations(t, w).Run(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if request.Token = answer.Token; answer.Done {
			if err := json.Unmarshal(answer.Report, &report); err != nil {
				t.Fatal(err)
			}
			return report
		}
	}
}

func TestAudit_lists_what_differs_and_nothing_else(t *testing.T) {
	t.Parallel()
	w := worldOf(200)
	if report := run(t, w, 1, 1); report.Differing != 0 || report.Findings != nil || report.Events != 200 || report.Passed != 200 || report.Read != 200 || report.Objects != 20 {
		t.Errorf("of what is in order: %+v", report)
	}
	w.events[3].Payload = []byte("payload  3")
	w.events[5].Payload = nil
	delete(w.sums, w.events[9].Key)
	w.sums[w.events[19].Key] = event.Hash([]byte("other"))
	w.errs[w.events[29].Key] = fault.New(fault.Forbidden, "403")
	w.events[39].Key = "raw/elsewhere.json"
	report := run(t, w, 1, 1)
	var got []string
	for _, f := range report.Findings {
		got = append(got, f.Client+"/"+f.ID+" "+string(f.What))
	}
	want := "orders/e-00003 payload_differs orders/e-00005 payload_differs orders/e-00009 object_missing orders/e-00019 object_differs " +
		"orders/e-00029 object_forbidden orders/e-00039 key_differs"
	if strings.Join(got, " ") != want || report.Differing != 6 {
		t.Errorf("%d differ: %s, want\n%s", report.Differing, got, want)
	}
}

func TestAudit_of_all_parts_reads_each_event_once(t *testing.T) {
	t.Parallel()
	w := worldOf(3000)
	const parts = 7
	for part := 1; part <= parts; part++ {
		report := run(t, w, parts, part)
		if report.Passed != 3000 || report.Read < 3000/parts/2 || report.Read > 3000/parts*2 {
			t.Errorf("part %d: %+v, want about a seventh read", part, report)
		}
		if again := run(t, worldOf(3000), parts, part); again.Read != report.Read {
			t.Errorf("part %d has %d events at first and %d the next time", part, report.Read, again.Read)
		}
	}
	for _, e := range w.events {
		if w.read[e.ID] != 1 {
			t.Errorf("%s was read %d times", e.ID, w.read[e.ID])
		}
	}
}

func TestAudit_forgives_an_object_that_went_with_its_row(t *testing.T) {
	t.Parallel()
	w := worldOf(30)
	delete(w.sums, w.events[9].Key)
	delete(w.sums, w.events[19].Key)
	w.gone = func(id string) bool { return id == w.events[9].ID }
	if report := run(t, w, 1, 1); report.Differing != 1 || report.Findings[0].ID != w.events[19].ID {
		t.Errorf("%+v, want %s alone", report, w.events[19].ID)
	}
}

func TestAudit_lists_the_first_findings_and_counts_all(t *testing.T) {
	t.Parallel()
	w := worldOf(1000)
	for i := range w.events {
		w.events[i].SHA256 = strings.Repeat("0", 64)
	}
	if report := run(t, w, 1, 1); report.Differing != 1000 || len(report.Findings) != 200 {
		t.Errorf("%d differ, %d are listed", report.Differing, len(report.Findings))
	}
}

func TestAudit_ends_when_S3_cannot_be_read(t *testing.T) {
	t.Parallel()
	w := worldOf(10)
	w.errs[w.events[9].Key] = fault.New(fault.StorageUnavailable, "S3 is away")
	answer, err := operations(t, w).Run(t.Context(), operate.Request{Operation: "audit", By: "eva", Arguments: []byte(`{"from":"2026-01-01T00:00:00Z","parts":1,"part":1}`)})
	if fault.CodeOf(err) != fault.StorageUnavailable || answer.Done || answer.Token == "" {
		t.Errorf("%+v, error %v", answer, err)
	}
}

func TestAudit_refuses(t *testing.T) {
	t.Parallel()
	for arguments, want := range map[string]string{
		`{"from":"2026-01-01T00:00:00Z"}`:     "parts must be 1 to 1000000, got 0",
		`{"parts":1000001,"part":1}`:          "got 1000001",
		`{"parts":100,"part":101}`:            "part must be 1 to 100, got 101",
		`{"parts":100}`:                       "part must be 1 to 100, got 0",
		`{"parts":1,"part":1,"client":"A B"}`: "client is not the name of a client",
		`{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z","parts":1,"part":1}`: "from must be before to",
	} {
		_, err := operations(t, worldOf(1)).Run(t.Context(), operate.Request{Operation: "audit", By: "eva", Arguments: []byte(arguments)})
		if fault.CodeOf(err) != fault.InvalidValue || !strings.Contains(fault.ReasonOf(err), want) {
			t.Errorf("%s: error %v, want one with %q", arguments, err, want)
		}
	}
	if _, err := audit.New(audit.Config{}); err == nil {
		t.Error("a service without a store")
	}
}
