package export_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/export"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
)

// world has events, payload objects and files, in memory. It fails its calls as told.
type world struct {
	mu       sync.Mutex
	events   []event.Stored // in the order of a walk
	payloads map[string][]byte
	files    map[string][]byte
	writes   []string // the paths that were written, in order
	fail     func(call string) error
	now      time.Time
}

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func newWorld() *world {
	return &world{payloads: map[string][]byte{}, files: map[string][]byte{}, fail: func(string) error { return nil }, now: noon}
}

// add stores an event so many days ago with a payload of a size; a large one is an object.
func (w *world) add(t *testing.T, daysAgo int, id string, size int) {
	t.Helper()
	amount, err := event.ParseAmount("1.50")
	if err != nil {
		t.Fatal(err)
	}
	payload := bytes.Repeat([]byte("x"), size)
	e := event.Stored{
		Event: event.Event{ID: id, UserID: "u", Amount: amount, Currency: "EUR", Merchant: "m"}, SHA256: event.Hash(payload),
		CreatedAt: w.now.AddDate(0, 0, -daysAgo).Add(-time.Hour), Mode: event.Inline, Payload: payload,
	}
	if size > contract.InlineLimit {
		e.Mode, e.Payload = event.S3, nil
		w.payloads[event.ObjectKey(e.Identity(), e.SHA256)] = payload
	}
	w.events = append(w.events, e)
	slices.SortFunc(w.events, func(a, b event.Stored) int { return strings.Compare(order(a), order(b)) })
}

func order(e event.Stored) string {
	return e.CreatedAt.Format(time.DateOnly) + " " + e.ID + " " + e.Client
}

// Range gives the events of one day, as the store does.
func (w *world) Range(_ context.Context, r event.Range, after event.Place, limit, maxBytes int) (event.RangePage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.fail("range"); err != nil {
		return event.RangePage{}, err
	}
	from := ""
	if !after.Day.IsZero() {
		from = after.Day.Format(time.DateOnly) + " " + after.ID + " " + after.Client
		if after.ID == "" {
			from = after.Day.Format(time.DateOnly)
		}
	}
	var page event.RangePage
	size := 0
	for _, e := range w.events {
		if order(e) <= from || e.CreatedAt.Before(r.From) || !e.CreatedAt.Before(r.To) {
			continue
		}
		size += len(e.Payload)
		if n := len(page.Events); n > 0 {
			last := page.Events[n-1]
			if order(e)[:10] != order(last)[:10] {
				page.Next = event.Place{Day: e.CreatedAt.Truncate(24 * time.Hour)}
				return page, nil
			}
			if n == limit || size > maxBytes {
				page.Next = event.Place{Day: last.CreatedAt.Truncate(24 * time.Hour), ID: last.ID, Client: last.Client}
				return page, nil
			}
		}
		page.Events = append(page.Events, e)
	}
	page.Done = true
	return page, nil
}

func (w *world) Get(_ context.Context, key string, _ int64) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.fail("get"); err != nil {
		return nil, err
	}
	if payload, ok := w.payloads[key]; ok {
		return payload, nil
	}
	return nil, fault.New(fault.PayloadMissing, "gone")
}

func (w *world) Bucket() string { return "payloads" }

func (w *world) Read(_ context.Context, path string, _ int64) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.fail("read " + path); err != nil {
		return nil, err
	}
	if file, ok := w.files[path]; ok {
		return file, nil
	}
	return nil, fault.New(fault.NotFound, "none")
}

func (w *world) Write(_ context.Context, path, _ string, content export.Body, sha256Hex string) error {
	body, err := io.ReadAll(content)
	if err != nil || int64(len(body)) != content.Size() {
		return fmt.Errorf("read %d bytes of %d: %w", len(body), content.Size(), err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.fail("write " + path); err != nil {
		return err
	}
	if event.Hash(body) != sha256Hex {
		return fault.New(fault.Internal, "the hash is another's")
	}
	w.files[path] = body
	w.writes = append(w.writes, path)
	return nil
}

// lines is a format with the id and the size of each event on a line.
type lines struct{}

func (lines) Ending() string                           { return ".lines" }
func (lines) Begin(out io.Writer) (export.File, error) { return list{out}, nil }
func (lines) Table(name, location, first, last string) string {
	return strings.Join([]string{name, location, first, last}, " ")
}

type list struct{ out io.Writer }

func (l list) Add(e event.Stored) error {
	_, err := fmt.Fprintf(l.out, "%s %d\n", e.ID, len(e.Payload))
	return err
}

func (l list) Finish() error {
	_, err := fmt.Fprintln(l.out, "end")
	return err
}

func (w *world) service(t *testing.T, edit ...func(*export.Config)) *export.Service {
	t.Helper()
	cfg := export.Config{
		Store: w, Payloads: w, Files: w, Formats: map[string]export.Format{contract.ExportNDJSON: lines{}, contract.ExportParquet: lines{}},
		PartEvents: 3, PartBytes: 1 << 20, Now: func() time.Time { return w.now },
	}
	for _, e := range edit {
		e(&cfg)
	}
	s, err := export.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const lastWeek = `{"range":{"from":"2026-11-23T00:00:00Z","to":"2026-11-30T00:00:00Z"},"format":"ndjson","name":"week"}`

func call(t *testing.T, s *export.Service, arguments, token string) (operate.Answer, error) {
	t.Helper()
	return operate.Operations{"export": s.Operation()}.Run(t.Context(), operate.Request{Operation: "export", By: "eva", Arguments: []byte(arguments), Token: token})
}

// contents are the files but for the manifests, each on a line.
func (w *world) contents() string {
	var out strings.Builder
	for _, path := range slices.Sorted(maps.Keys(w.files)) {
		if !strings.HasSuffix(path, ".json") {
			fmt.Fprintf(&out, "%s: %s\n", path, strings.ReplaceAll(strings.TrimSpace(string(w.files[path])), "\n", ", "))
		}
	}
	return out.String()
}
