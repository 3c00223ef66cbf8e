package load

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/ingest"
)

// service is the API's own use case behind the API's interface. It keeps which event
// got which id.
type service struct {
	ingest *ingest.Service
	mu     sync.Mutex
	sent   map[string]string // the hash of the event by its id
	twice  []string          // ids that were sent again
	other  []string          // ids that were sent again with another event
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{sent: map[string]string{}}
	var err error
	if s.ingest, err = ingest.New(ingest.Config{Queue: s, Blobs: s}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *service) Bucket() string { return "payloads" }

func (s *service) Put(context.Context, string, []byte, string, time.Time) error { return nil }

func (s *service) Send(_ context.Context, messages []ingest.Message) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		e, err := event.DecodeEnvelope(m.Body)
		if err != nil {
			panic(err)
		}
		if before, ok := s.sent[m.EventID]; ok {
			s.twice = append(s.twice, m.EventID)
			if before != e.SHA256 {
				s.other = append(s.other, m.EventID)
			}
		}
		s.sent[m.EventID] = e.SHA256
	}
	return make([]error, len(messages))
}

// door is the API's side of a service.
type door struct{ *service }

func result(r ingest.Receipt) api.Result {
	if r.Err != nil {
		return api.Result{Status: contract.StatusRefused}
	}
	return api.Result{Status: contract.StatusEnqueued, EventID: r.EventID}
}

func (d door) Send(ctx context.Context, payload []byte, key string) (api.Result, error) {
	return result(d.ingest.Ingest(ctx, ingest.Caller{IdempotencyKey: key}, payload)), nil
}

func (d door) SendBatch(ctx context.Context, payloads [][]byte, key string) ([]api.Result, error) {
	receipts, err := d.ingest.IngestBatch(ctx, ingest.Caller{IdempotencyKey: key}, slices.Concat([]byte(`{"events":[`), slices.Concat(joined(payloads)...), []byte(`]}`)))
	out := make([]api.Result, len(receipts))
	for i, r := range receipts {
		out[i] = result(r)
	}
	return out, err
}

func joined(payloads [][]byte) (out [][]byte) {
	for i, p := range payloads {
		if i > 0 {
			out = append(out, []byte(","))
		}
		out = append(out, p)
	}
	return out
}

func TestRun_with_a_key_gives_a_line_one_id_in_batches_of_any_size(t *testing.T) {
	t.Parallel()
	line := func(user string, padding int) string {
		return fmt.Sprintf(`{"user_id":%q,"amount":1,"currency":"EUR","merchant":"m","timestamp":"2026-01-31T00:00:00Z","metadata":{"p":%q}}`,
			user, strings.Repeat("x", padding))
	}
	var lines []string
	for i := range 23 {
		lines = append(lines, line(fmt.Sprint(i%7), 0), line(fmt.Sprint("only ", i), 0))
	}
	lines = append(lines, line("large", contract.BodyLimit-200), line("large", contract.BodyLimit-200), line("large", 1000), "no JSON")
	const events = 2*23 + 3
	run := func(s *service, size int, lines []string) {
		t.Helper()
		report, err := runFilled(t.Context(), Config{
			API: door{s}, Source: NewLines(strings.NewReader(strings.Join(lines, "\n"))), BatchSize: size, Concurrency: 3, Key: "import-7",
		})
		if err != nil || report.Accepted+report.Refused != int64(len(lines)) {
			t.Fatalf("batches of %d: %+v, %v", size, report, err)
		}
	}
	s := newService(t)
	run(s, 5, lines)
	if len(s.sent) != events || len(s.twice) != 0 {
		t.Fatalf("%d ids for %d lines, twice %v", len(s.sent), events, s.twice)
	}
	for _, size := range []int{1, 2, 7, 100} {
		before := maps.Clone(s.sent)
		run(s, size, lines)
		if !maps.Equal(s.sent, before) || len(s.other) != 0 {
			t.Errorf("batches of %d: %d ids, before %d; of another event %v", size, len(s.sent), len(before), s.other)
		}
	}
	backwards := slices.Clone(lines)
	slices.Reverse(backwards)
	before := maps.Clone(s.sent)
	run(s, 4, backwards)
	run(s, 3, lines[20:31]) // some again, no two of them equal
	if !maps.Equal(s.sent, before) || len(s.other) != 0 {
		t.Errorf("in another order: %d ids, before %d; of another event %v", len(s.sent), len(before), s.other)
	}
}
