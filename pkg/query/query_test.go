package query_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/query"
)

const large = `{"event_id":"big","user_id":"u","amount":1.50,"currency":"EUR","merchant":"m","timestamp":"2026-11-23T11:59:00Z","metadata":{"x": 1e400}}`

const small = `{"user_id":"u","amount":1.50,"currency":"EUR","merchant":"m","timestamp":"2026-11-23T11:59:00Z","metadata":{"k":1}}`

var at = time.Date(2026, 11, 23, 11, 59, 0, 123456000, time.UTC)

type store struct {
	events   map[event.Identity]event.Stored
	filters  []query.Filter
	page     []event.Stored
	statuses []query.Status
	more     bool
}

func (s *store) Event(_ context.Context, id event.Identity) (event.Stored, error) {
	if e, ok := s.events[id]; ok {
		return e, nil
	}
	return event.Stored{}, fault.New(fault.NotFound, "no such event")
}

func (s *store) Status(_ context.Context, id event.Identity) (query.Status, error) {
	if id.ID == "seen" {
		return query.Status{Identity: id, State: "processed", Attempts: 2}, nil
	}
	return query.Status{}, fault.New(fault.NotFound, "no such event")
}

func (s *store) Events(_ context.Context, f query.Filter) ([]event.Stored, bool, error) {
	s.filters = append(s.filters, f)
	return s.page, s.more, nil
}

func (s *store) Unfinished(_ context.Context, f query.Filter) ([]query.Status, bool, error) {
	s.filters = append(s.filters, f)
	return s.statuses, s.more, nil
}

type blobs map[string]string

func (b blobs) Get(_ context.Context, key string, limit int64) ([]byte, error) {
	if p, ok := b[key]; ok && int64(len(p)) <= limit {
		return []byte(p), nil
	}
	if _, ok := b[key]; ok {
		return nil, fault.New(fault.PayloadTooLarge, "large")
	}
	return nil, fault.New(fault.PayloadMissing, "gone")
}

func newService(t *testing.T, s *store, b blobs) *query.Service {
	t.Helper()
	service, err := query.New(query.Config{Store: s, Blobs: b})
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func TestEvent(t *testing.T) {
	t.Parallel()
	hash := event.Hash([]byte(large))
	s := &store{events: map[event.Identity]event.Stored{
		{ID: "small"}:   {Event: event.Event{ID: "small"}, Mode: event.Inline, SHA256: event.Hash([]byte(small)), Payload: []byte(small)},
		{ID: "rotten"}:  {Event: event.Event{ID: "rotten"}, Mode: event.Inline, SHA256: hash, Payload: []byte(small)},
		{ID: "big"}:     {Event: event.Event{ID: "big"}, Mode: event.S3, SHA256: hash},
		{ID: "changed"}: {Event: event.Event{ID: "changed"}, Mode: event.S3, SHA256: hash},
		{ID: "lost"}:    {Event: event.Event{ID: "lost"}, Mode: event.S3, SHA256: hash},
		{ID: "grown"}:   {Event: event.Event{ID: "grown"}, Mode: event.S3, SHA256: hash},
		{ID: "garbage"}: {Event: event.Event{ID: "garbage"}, Mode: event.S3, SHA256: event.Hash([]byte("no"))},
	}}
	b := blobs{"raw/big/" + hash + ".json": large, "raw/changed/" + hash + ".json": large + " ",
		"raw/grown/" + hash + ".json":                       strings.Repeat(" ", contract.BodyLimit+1),
		"raw/garbage/" + event.Hash([]byte("no")) + ".json": "no"}
	service := newService(t, s, b)
	for _, tc := range []struct {
		id, metadata string
		code         fault.Code
		status       int
	}{
		{"small", `{"k":1}`, "", 200},
		{"big", `{"x": 1e400}`, "", 200},
		{"rotten", "", fault.HashMismatch, 500},
		{"changed", "", fault.HashMismatch, 500},
		{"grown", "", fault.HashMismatch, 500},
		{"lost", "", fault.PayloadMissing, 500},
		{"garbage", "", fault.InvalidEvent, 500},
		{"unknown", "", fault.NotFound, 404},
		{"no id!", "", fault.InvalidValue, 422},
		{"", "", fault.InvalidValue, 422},
		{strings.Repeat("x", 129), "", fault.InvalidValue, 422},
	} {
		t.Run(tc.id, func(t *testing.T) {
			t.Parallel()
			got, err := service.Event(t.Context(), event.Identity{ID: tc.id})
			if tc.code != "" {
				if err == nil || fault.CodeOf(err) != tc.code || fault.HTTPStatus(err) != tc.status {
					t.Errorf("error = %v (%d), want %s (%d)", err, fault.HTTPStatus(err), tc.code, tc.status)
				}
				return
			}
			if err != nil || string(got.Metadata) != tc.metadata {
				t.Errorf("metadata = %s, error %v; want %s", got.Metadata, err, tc.metadata)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	service := newService(t, &store{}, nil)
	if got, err := service.Status(t.Context(), event.Identity{ID: "seen"}); err != nil || got.Attempts != 2 {
		t.Errorf("status = %+v, %v", got, err)
	}
	if _, err := service.Status(t.Context(), event.Identity{ID: "unseen"}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("error = %v", err)
	}
	if _, err := service.Status(t.Context(), event.Identity{ID: "/"}); fault.CodeOf(err) != fault.InvalidValue {
		t.Errorf("error = %v", err)
	}
}

func TestList_cursor_continues_after_the_last_event(t *testing.T) {
	t.Parallel()
	s := &store{more: true, page: []event.Stored{
		{Event: event.Event{ID: "b", Timestamp: at.Add(time.Second)}}, {Event: event.Event{ID: "a:1", Timestamp: at}},
	}}
	service := newService(t, s, nil)
	first, err := service.List(t.Context(), query.ListRequest{UserID: "u"})
	if err != nil || first.NextCursor == "" || len(first.Events) != 2 {
		t.Fatalf("page = %+v, %v", first, err)
	}
	s.more = false
	last, err := service.List(t.Context(), query.ListRequest{UserID: "u", Cursor: first.NextCursor, Limit: 7})
	if err != nil || last.NextCursor != "" {
		t.Fatalf("page = %+v, %v", last, err)
	}
	if s.filters[0].Limit != contract.PageDefault || s.filters[0].After != nil || s.filters[0].MaxBytes <= 0 {
		t.Errorf("first filter = %+v", s.filters[0])
	}
	want := query.Position{Timestamp: at, EventID: "a:1"}
	if diff := cmp.Diff(want, *s.filters[1].After); diff != "" || s.filters[1].Limit != 7 {
		t.Errorf("second filter = %+v: %s", s.filters[1], diff)
	}
}

func TestList_names_every_bad_parameter(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		request query.ListRequest
		want    []string
	}{
		{"no user", query.ListRequest{}, []string{"user_id"}},
		{"a long user", query.ListRequest{UserID: strings.Repeat("ü", 257)}, []string{"user_id"}},
		{"a NUL in the user", query.ListRequest{UserID: "a\x00"}, []string{"user_id"}},
		{"a broken user", query.ListRequest{UserID: "a\xff"}, []string{"user_id"}},
		{"limits", query.ListRequest{UserID: "u", Limit: 201}, []string{"limit"}},
		{"a negative limit", query.ListRequest{UserID: "u", Limit: -1}, []string{"limit"}},
		{"an empty range", query.ListRequest{UserID: "u", From: &at, To: &at}, []string{"from"}},
		{"a cursor that is no base64", query.ListRequest{UserID: "u", Cursor: "!"}, []string{"cursor"}},
		{"a cursor without an id", query.ListRequest{UserID: "u", Cursor: "YQ"}, []string{"cursor"}},
		{"a cursor without a time", query.ListRequest{UserID: "u", Cursor: "YSBi"}, []string{"cursor"}},
		{"all at once", query.ListRequest{Limit: 300, Cursor: "!", From: &at, To: &at}, []string{"user_id", "limit", "from", "cursor"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := &store{}
			_, err := newService(t, s, nil).List(t.Context(), tc.request)
			f, ok := err.(*fault.Error)
			if !ok {
				t.Fatalf("error = %v", err)
			}
			var got []string
			for _, field := range f.Fields {
				got = append(got, field.Pointer)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || len(s.filters) != 0 {
				t.Errorf("%s (asked the store %d times)", diff, len(s.filters))
			}
		})
	}
}

func TestNew_names_what_is_missing(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]query.Config{"Store": {Blobs: blobs{}}, "Blobs": {Store: &store{}}} {
		if _, err := query.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want it to name %s", err, want)
		}
	}
}
