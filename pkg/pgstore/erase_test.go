package pgstore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/erase"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

func TestStoreConformsToErased(t *testing.T) {
	t.Parallel()
	processtest.Erased(t, func(t *testing.T) processtest.Refusing {
		url := pgtest.MigratedURL(t)
		maintenance := open(t, pgstore.Config{URL: as(t, contract.FunctionMaintain, url)})
		begin := func(client, user string) erase.Begun {
			begun, err := maintenance.BeginErasure(t.Context(), erase.Subject{Client: client, UserID: user}, "eva")
			if err != nil {
				t.Fatal(err)
			}
			return begun
		}
		return processtest.Refusing{
			Store:      open(t, pgstore.Config{URL: as(t, contract.FunctionProcessor, url)}),
			RefuseUser: func(client, user string) { begin(client, user) },
			RefusePayload: func(client, hash string) {
				if err := maintenance.NoteErased(t.Context(), begin(client, "nobody"), erase.Object{Identity: event.Identity{Client: client}, SHA256: hash}); err != nil {
					t.Fatal(err)
				}
			},
			Erase: func(user string, events ...event.Identity) {
				begun := begin(erase.EveryClient, user)
				stored, err := maintenance.UserEvents(t.Context(), erase.Subject{Client: erase.EveryClient, UserID: user}, begun.At, 100)
				if err != nil {
					t.Fatal(err)
				}
				stored = slices.DeleteFunc(stored, func(e erase.Event) bool { return !slices.Contains(events, e.Identity) })
				if err := maintenance.EraseEvents(t.Context(), begun, stored); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

// faulty is a store and a bucket one of whose calls fails, after it was done or before.
type faulty struct {
	*pgstore.Store
	mu      sync.Mutex
	objects map[string]string
	calls   int
	failing int // the call that fails, counted from 1
	after   bool
}

func (f *faulty) try(call func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	failed := fault.New(fault.DatabaseUnavailable, "the process was killed")
	if f.calls == f.failing && !f.after {
		return failed
	}
	if err := call(); err != nil {
		return err
	}
	if f.calls == f.failing {
		return failed
	}
	return nil
}

func (f *faulty) BeginErasure(ctx context.Context, of erase.Subject, by string) (begun erase.Begun, err error) {
	err = f.try(func() (err error) { begun, err = f.Store.BeginErasure(ctx, of, by); return err })
	return begun, err
}

func (f *faulty) EraseEvents(ctx context.Context, of erase.Begun, events []erase.Event) error {
	return f.try(func() error { return f.Store.EraseEvents(ctx, of, events) })
}

func (f *faulty) NoteErased(ctx context.Context, of erase.Begun, o erase.Object) error {
	return f.try(func() error { return f.Store.NoteErased(ctx, of, o) })
}

func (f *faulty) FinishErasure(ctx context.Context, of erase.Begun) (counts erase.Counts, err error) {
	err = f.try(func() (err error) { counts, err = f.Store.FinishErasure(ctx, of); return err })
	return counts, err
}

func (f *faulty) Remove(_ context.Context, key string) error {
	return f.try(func() error { delete(f.objects, key); return nil })
}

func (f *faulty) GetVersion(_ context.Context, key, _ string, _ int64) (payload []byte, received time.Time, err error) {
	return []byte(f.objects[key]), time.Time{}, nil
}

// Objects has two objects a page.
func (f *faulty) Objects(_ context.Context, prefix, token string, _ int) (page []erase.Object, next string, err error) {
	for _, key := range slices.Sorted(maps.Keys(f.objects)) {
		if !strings.HasPrefix(key, prefix) || key <= token {
			continue
		}
		if len(page) == 2 {
			return page, page[1].Key, nil
		}
		of, hash, ok := event.ParseObjectKey(key)
		if !ok {
			return nil, "", fmt.Errorf("%s is not a key", key)
		}
		page = append(page, erase.Object{Identity: of, SHA256: hash, Key: key})
	}
	return page, "", nil
}

// fillForErasure stores events of two users at two clients and at none, one of each inline
// and one large, and puts an object of each that no event has.
func fillForErasure(t *testing.T, store process.Store, f *faulty) {
	t.Helper()
	var records []process.Record
	for _, client := range []string{"", "orders", "refunds"} {
		for _, user := range []string{"ada", "bob"} {
			payload := fmt.Sprintf(`{"user_id":%q}`, user)
			inline, large := processtest.Success("inline-"+user, payload), processtest.SuccessS3("large-"+user, payload)
			for _, r := range []*process.Record{&inline, &large} {
				r.Client, r.Event.UserID = client, user
			}
			large.Key = event.ObjectKey(large.Identity(), large.SHA256)
			records = append(records, inline, large)
			f.objects[large.Key] = payload
			waits := payload + " "
			f.objects[event.ObjectKey(event.Identity{Client: client, ID: "waits-" + user}, event.Hash([]byte(waits)))] = waits
		}
	}
	if _, err := store.PersistBatch(t.Context(), records, nil); err != nil {
		t.Fatal(err)
	}
}

// drive asks for one step after the other, and after a failure from where it stood.
func drive(t *testing.T, f *faulty, arguments string) erase.Report {
	t.Helper()
	operations := operate.Operations{"erase": erase.Operation(f, f, 0)}
	request := operate.Request{Operation: "erase", By: "eva", Arguments: []byte(arguments)}
	for range 3 {
		answer, err := operations.Run(t.Context(), request)
		if err != nil && f.calls < f.failing {
			t.Fatal(err)
		}
		if answer.Done {
			var report erase.Report
			if err := json.Unmarshal(answer.Report, &report); err != nil {
				t.Fatal(err)
			}
			return report
		}
		request.Token = answer.Token
	}
	t.Fatal("the erasure does not end")
	return erase.Report{}
}

// TestErase_interrupted_anywhere_ends_the_same fails each call of an erasure in turn,
// before it is done and after it.
func TestErase_interrupted_anywhere_ends_the_same(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		client string
		left   string // who still has an event, an object of it, an object without
		want   erase.Counts
	}{
		"every client": {"*", "bob orders/bob refunds/bob", erase.Counts{Events: 6, Objects: 6}},
		"one client":   {"orders", "ada bob orders/bob refunds/ada refunds/bob", erase.Counts{Events: 2, Objects: 2}},
		"no client":    {"", "bob orders/ada orders/bob refunds/ada refunds/bob", erase.Counts{Events: 2, Objects: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.MigratedURL(t)
			conn := connect(t, url)
			maintenance := open(t, pgstore.Config{URL: as(t, contract.FunctionMaintain, url)})
			processor := open(t, pgstore.Config{URL: as(t, contract.FunctionProcessor, url)})
			for _, after := range []bool{false, true} {
				calls := 1
				for failing := 0; failing <= calls; failing++ {
					if _, err := conn.Exec(t.Context(), "TRUNCATE events, idempotency_keys, erasures, erased_hashes"); err != nil {
						t.Fatal(err)
					}
					f := &faulty{Store: maintenance, objects: map[string]string{}, failing: failing, after: after}
					fillForErasure(t, processor, f)
					report := drive(t, f, fmt.Sprintf(`{"user_id":"ada","client":%q}`, c.client))
					if failing == 0 {
						calls = f.calls
					}
					if report.Counts != c.want || report.Erasure == uuid.Nil {
						t.Errorf("call %d failed, after it was done: %t: report %+v, want %+v", failing, after, report, c.want)
					}
					if got := whoIsLeft(t, conn, f.objects); got != c.left {
						t.Errorf("call %d failed, after it was done: %t: left are %q, want %q", failing, after, got, c.left)
					}
				}
			}
		})
	}
}

// whoIsLeft names the users of whom anything is left, with their client.
func whoIsLeft(t *testing.T, conn *pgx.Conn, objects map[string]string) string {
	t.Helper()
	left := query[[]string](t, conn, `
		SELECT array_agg(DISTINCT ltrim(client || '/' || user_id, '/')) FROM events`)
	keys := query[[]string](t, conn, `
		SELECT array_agg(DISTINCT ltrim(client || '/' || split_part(event_id, '-', 2), '/')) FROM idempotency_keys`)
	for key := range objects {
		of, _, _ := event.ParseObjectKey(key)
		left = append(left, strings.TrimPrefix(of.Client+"/"+strings.SplitN(of.ID, "-", 2)[1], "/"))
	}
	left = append(left, keys...)
	slices.Sort(left)
	return strings.Join(slices.Compact(left), " ")
}

func TestErase_keeps_a_record_without_a_name(t *testing.T) {
	t.Parallel()
	f := &faulty{objects: map[string]string{}}
	url := pgtest.MigratedURL(t)
	f.Store = open(t, pgstore.Config{URL: as(t, contract.FunctionMaintain, url)})
	fillForErasure(t, open(t, pgstore.Config{URL: as(t, contract.FunctionProcessor, url)}), f)
	if report := drive(t, f, `{"user_id":"ada","client":"*","dry_run":true}`); report.Counts != (erase.Counts{Events: 6, Objects: 3}) || f.calls != 0 {
		t.Errorf("a dry run: %+v, and %d calls that change something", report, f.calls)
	}
	drive(t, f, `{"user_id":"ada","client":"*"}`)
	conn := connect(t, url)
	record := query[string](t, conn, `
		SELECT concat_ws(' ', client, encode(user_sha256, 'hex'), erased_by, events, objects, finished_at > erased_at) FROM erasures`)
	if want := "* " + event.Hash([]byte("ada")) + " eva 6 6 t"; record != want {
		t.Errorf("the record is %q, want %q", record, want)
	}
	hash := event.Hash([]byte(`{"user_id":"ada"}`))
	if got, err := f.Erased(t.Context(), []string{hash, event.Hash([]byte("x"))}); err != nil || len(got) != 1 || got[0] != hash {
		t.Errorf("erased are %q, %v", got, err)
	}
}

// TestEraseEvents_removes_nobody_elses names events of two users in the erasure of one.
func TestEraseEvents_removes_nobody_elses(t *testing.T) {
	t.Parallel()
	f := &faulty{objects: map[string]string{}}
	url := pgtest.MigratedURL(t)
	f.Store = open(t, pgstore.Config{URL: as(t, contract.FunctionMaintain, url)})
	fillForErasure(t, open(t, pgstore.Config{URL: as(t, contract.FunctionProcessor, url)}), f)
	var all []erase.Event
	for _, user := range []string{"ada", "bob"} {
		found, err := f.UserEvents(t.Context(), erase.Subject{Client: erase.EveryClient, UserID: user}, time.Now(), 100)
		if err != nil || len(found) != 6 {
			t.Fatalf("%s has %d events, %v", user, len(found), err)
		}
		all = append(all, found...)
	}
	begun, err := f.BeginErasure(t.Context(), erase.Subject{Client: "orders", UserID: "ada"}, "eva")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.EraseEvents(t.Context(), begun, all); err != nil {
		t.Fatal(err)
	}
	if left := query[int](t, connect(t, url), "SELECT count(*) FROM events WHERE client <> 'orders' OR user_id = 'bob'"); left != 10 {
		t.Errorf("%d events of others are left, want 10", left)
	}
	if counts, err := f.FinishErasure(t.Context(), begun); err != nil || counts != (erase.Counts{Events: 2, Objects: 1}) {
		t.Errorf("got %+v, %v", counts, err)
	}
	if err := f.EraseEvents(t.Context(), begun, all); err == nil {
		t.Error("a finished erasure goes on")
	}
}

// TestErase_waits_for_the_batch_under_way begins an erasure while a batch has looked for it
// and has not committed: its event must be found all the same.
func TestErase_waits_for_the_batch_under_way(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	maintenance := open(t, pgstore.Config{URL: as(t, contract.FunctionMaintain, url)})
	tx, err := connect(t, url).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT FROM erased_hashes"); err != nil {
		t.Fatal(err)
	}
	ada := erase.Subject{Client: erase.EveryClient, UserID: "ada"}
	if _, err := maintenance.BeginErasure(t.Context(), ada, "eva"); fault.CodeOf(err) != fault.DatabaseUnavailable {
		t.Errorf("begun beside a batch that looked and has not committed: %v", err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	first, err := maintenance.BeginErasure(t.Context(), ada, "eva")
	if err != nil {
		t.Fatal(err)
	}
	again, err := maintenance.BeginErasure(t.Context(), ada, "eva")
	if err != nil || again.ID != first.ID || !again.At.After(first.At) {
		t.Errorf("begun again: %+v after %+v, %v", again, first, err)
	}
	if _, err := maintenance.FinishErasure(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if next, err := maintenance.BeginErasure(t.Context(), ada, "eva"); err != nil || next.ID == first.ID || next.At.Before(time.Now().Add(-time.Hour)) {
		t.Errorf("after its end: %+v, %v", next, err)
	}
}
