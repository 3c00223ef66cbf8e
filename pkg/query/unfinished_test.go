package query_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/query"
)

func TestListUnfinished(t *testing.T) {
	t.Parallel()
	first := at.Add(time.Minute)
	s := &store{more: true, statuses: []query.Status{{Identity: event.Identity{ID: "b"}, FirstSeenAt: first}, {Identity: event.Identity{ID: "a"}, FirstSeenAt: at}}}
	service := newService(t, s, nil)
	page, err := service.ListUnfinished(t.Context(), query.ListRequest{Client: "orders", State: contract.StatusFailed, From: &at, To: &first})
	if err != nil || len(page.Statuses) != 2 || page.NextCursor == "" {
		t.Fatalf("%+v, %v", page, err)
	}
	if _, err := service.ListUnfinished(t.Context(), query.ListRequest{State: contract.StatusProcessing, Limit: 1, Cursor: page.NextCursor}); err != nil {
		t.Fatal(err)
	}
	for i := range s.filters {
		s.filters[i].MaxBytes = 0
	}
	want := []query.Filter{
		{Client: "orders", State: "failed", From: &at, To: &first, Limit: contract.PageDefault},
		{State: "processing", After: &query.Position{Timestamp: at, EventID: "a"}, Limit: 1},
	}
	if diff := cmp.Diff(want, s.filters); diff != "" {
		t.Error(diff)
	}
	s.more = false
	if page, err := service.ListUnfinished(t.Context(), query.ListRequest{State: contract.StatusFailed}); err != nil || page.NextCursor != "" {
		t.Errorf("the last page has the cursor %q, %v", page.NextCursor, err)
	}
}

func TestListRequest_is_of_a_user_or_of_a_status(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		user, state string
		says        string
	}{
		{"ada", "", ""},
		{"", "failed", ""},
		{"", "processing", ""},
		{"", "", "user_id is required"},
		{"", "processed", "status must be failed or processing; what is processed is listed by user_id"},
		{"ada", "failed", "user_id cannot be given together with status: an event that is not stored has no user"},
	} {
		err := query.ListRequest{UserID: c.user, State: c.state}.Check()
		if (err == nil) != (c.says == "") {
			t.Errorf("user %q, status %q: %v", c.user, c.state, err)
			continue
		}
		if err != nil && (fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("user %q, status %q: %v, want %s", c.user, c.state, err, c.says)
		}
	}
}
