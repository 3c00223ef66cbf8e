package erase_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/erase"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/operate"
)

// object is one of a bucket: an event of ada's that is not stored.
type object struct{ received, modified time.Time }

// bucket is one beside a database that stores no event. Other methods are not called.
type bucket struct {
	erase.Store
	erase.Blobs
	mu      sync.Mutex // of the objects, while a request puts one
	objects map[string]object
	noted   int
	read    []string
}

// key is that of the object of an event.
func key(id string) string { return event.ObjectKey(event.Identity{ID: id}, event.Hash([]byte(id))) }

func (b *bucket) BeginErasure(context.Context, erase.Subject, string) (erase.Begun, error) {
	return erase.Begun{At: time.Now()}, nil
}

func (b *bucket) UserEvents(context.Context, erase.Subject, time.Time, int) ([]erase.Event, error) {
	return nil, nil
}

func (b *bucket) Unstored(_ context.Context, objects []erase.Object) ([]erase.Object, error) {
	return objects, nil
}

func (b *bucket) NoteErased(context.Context, erase.Begun, erase.Object) error {
	b.noted++
	return nil
}

func (b *bucket) FinishErasure(context.Context, erase.Begun) (erase.Counts, error) {
	return erase.Counts{Objects: int64(b.noted)}, nil
}

func (b *bucket) Objects(context.Context, string, string, int) (page []erase.Object, next string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range slices.Sorted(maps.Keys(b.objects)) {
		of, hash, _ := event.ParseObjectKey(k)
		page = append(page, erase.Object{Identity: of, SHA256: hash, Key: k, Modified: b.objects[k].modified})
	}
	return page, "", nil
}

func (b *bucket) GetVersion(_ context.Context, k, _ string, _ int64) ([]byte, time.Time, error) {
	of, _, _ := event.ParseObjectKey(k)
	b.read = append(b.read, of.ID)
	return []byte(`{"user_id":"ada"}`), b.objects[k].received, nil
}

func (b *bucket) Remove(_ context.Context, k string) error {
	delete(b.objects, k)
	return nil
}

func (b *bucket) left() string {
	var ids []string
	for k := range b.objects {
		of, _, _ := event.ParseObjectKey(k)
		ids = append(ids, of.ID)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// TestOperation_waits_for_uploads_and_goes_by_when_an_event_was_received has requests put
// their objects around the moment of an erasure. When S3 says an object was modified decides
// nothing: an upload takes its time, and S3 says whole seconds.
func TestOperation_waits_for_uploads_and_goes_by_when_an_event_was_received(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := time.Now()
		before, after := at.Add(-time.Millisecond), at.Add(time.Millisecond)
		b := &bucket{objects: map[string]object{
			key("before"):       {before, before},
			key("same"):         {at.Add(time.Nanosecond), at}, // in the microsecond of the database
			key("after"):        {after, after},
			key("after-cut"):    {after, at.Truncate(time.Second).Add(-time.Second)},
			key("unsaid"):       {time.Time{}, before},
			key("unsaid-after"): {time.Time{}, after},
			key("much-later"):   {at.Add(time.Hour), at.Add(time.Hour)},
		}}
		slow := time.AfterFunc(contract.RequestLimit-time.Second, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.objects[key("slow")] = object{before, time.Now()}
		})
		defer slow.Stop()

		operation := erase.Operation(b, b, contract.RequestLimit)
		request := operate.Request{By: "eva", Arguments: []byte(`{"user_id":"ada","client":"*"}`)}
		for calls := 1; ; calls++ {
			answer, err := operation(t.Context(), request, time.Now().Add(5*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			var report erase.Report
			if err := json.Unmarshal(answer.Report, &report); err != nil {
				t.Fatal(err)
			}
			took := time.Since(at)
			if report.Waits == answer.Done || report.Waits && len(b.read) > 0 {
				t.Errorf("after %s it waits for uploads: %t, and has read %v", took, report.Waits, b.read)
			}
			if request.Token = answer.Token; !answer.Done {
				continue
			}
			if took != contract.RequestLimit || report.Objects != 4 {
				t.Errorf("%d calls took %s and erased %d objects", calls, took, report.Objects)
			}
			break
		}
		if got, want := b.left(), "after after-cut much-later unsaid-after"; got != want {
			t.Errorf("left are %q, want %q", got, want)
		}
		if slices.Contains(b.read, "much-later") {
			t.Errorf("it reads %v: no request that was accepted before puts an object an hour later", b.read)
		}
	})
}

func TestOperation_ends_its_wait_with_the_call(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		b := &bucket{}
		_, err := erase.Operation(b, b, contract.RequestLimit)(ctx, operate.Request{Arguments: []byte(`{"user_id":"ada","client":"*"}`)}, time.Now().Add(time.Minute))
		if got := fmt.Sprint(err); got != "wait for the uploads that are under way: context deadline exceeded" {
			t.Error(got)
		}
	})
}
