package processtest

import (
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

// erasedHash is that of a user or of a payload, at one client or at every one.
type erasedHash struct{ client, sha256 string }

const everyClient = "*"

// RefuseUser makes the store refuse what was accepted of a user until now, at one client
// or, with *, at every one.
func (m *MemoryStore) RefuseUser(client, userID string) {
	m.refuse(client, event.Hash([]byte(userID)), m.now())
}

// RefusePayload makes the store refuse a payload that was accepted until a time, if its
// object is missing.
func (m *MemoryStore) RefusePayload(client, sha256Hex string, until time.Time) {
	m.refuse(client, sha256Hex, until)
}

func (m *MemoryStore) refuse(client, sha256Hex string, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.note(client, sha256Hex, until)
}

// note keeps the later time. The caller holds mu.
func (m *MemoryStore) note(client, sha256Hex string, until time.Time) {
	if m.erased == nil {
		m.erased = map[erasedHash]time.Time{}
	}
	if hash := (erasedHash{client, sha256Hex}); m.erased[hash].Before(until) {
		m.erased[hash] = until
	}
}

// Erase removes stored events with their keys, and refuses their payloads as RefusePayload
// does.
func (m *MemoryStore) Erase(until time.Time, events ...event.Identity) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range events {
		if stored, ok := m.events[id]; ok {
			m.note(id.Client, stored.SHA256, until)
			delete(m.events, id)
			delete(m.rows, id)
		}
	}
}

// refuses reports whether a record is of an erased user. The caller holds mu.
func (m *MemoryStore) refuses(r process.Record) bool {
	hash := ""
	switch {
	case r.Event.UserID != "":
		hash = event.Hash([]byte(r.Event.UserID))
	case r.ErrorCode == fault.PayloadMissing:
		hash = r.SHA256
	}
	for _, client := range []string{r.Client, everyClient} {
		if at, ok := m.erased[erasedHash{client, hash}]; ok && !r.ReceivedAt.After(at) {
			return true
		}
	}
	return false
}

// Refusing is a store that can be told whose events to refuse, and to erase what it has of
// a user at every client.
type Refusing struct {
	process.Store
	RefuseUser    func(client, userID string)
	RefusePayload func(client, sha256Hex string)
	Erase         func(userID string, events ...event.Identity)
}

// Erased runs the conformance suite of what a process.Store does with the events of erased
// users. open returns an empty store that no other test uses; it is called once a case,
// from parallel tests.
func Erased(t *testing.T, open func(t *testing.T) Refusing) {
	cases := []struct {
		name string
		test func(t *testing.T, store Refusing)
	}{
		{"what_was_accepted_of_an_erased_user_is_not_stored", userRefused},
		{"an_erasure_is_of_one_client_or_of_every_one", clientsRefused},
		{"what_an_erased_user_sends_later_is_stored", laterStored},
		{"a_payload_that_is_missing_for_an_erasure_is_known_by_its_hash", payloadRefused},
		{"an_erased_event_leaves_its_id_and_the_events_of_others", eventErased},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

func ofUser(id, user string) process.Record {
	r := Success(id, "of "+user)
	r.Event.UserID = user
	return r
}

func refused(r process.Record) process.Stored {
	return process.Stored{Status: process.StatusErased, SHA256: r.SHA256}
}

func userRefused(t *testing.T, store Refusing) {
	store.RefuseUser(everyClient, "ada")
	records := []process.Record{ofUser("a", "ada"), ofUser("b", "bob"), ofUser("c", "ada"), Failed("d", "x")}
	answer, err := store.PersistBatch(t.Context(), records, nil)
	if err != nil || len(answer.Events) != len(records) {
		t.Fatalf("got %v, %v", answer, err)
	}
	for i, want := range []process.Stored{
		refused(records[0]),
		{Status: process.StatusSuccess, SHA256: records[1].SHA256, Inserted: true, Attempts: 1},
		refused(records[2]),
		{Status: process.StatusFailed, SHA256: records[3].SHA256, Attempts: 1},
	} {
		if got := answer.Events[records[i].Identity()]; got != want {
			t.Errorf("%s: got %+v, want %+v", records[i].EventID, got, want)
		}
	}
	if _, err := store.Event(t.Context(), records[0].Identity()); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the refused event: %v", err)
	}
	if got := persistOne(t, store, ofUser("a", "bob")); !got.Inserted || got.Attempts != 1 {
		t.Errorf("the id of a refused event is taken: %+v", got)
	}
}

func clientsRefused(t *testing.T, store Refusing) {
	store.RefuseUser("orders", "ada")
	for client, want := range map[string]bool{"orders": true, "refunds": false, "": false} {
		r := ofUser("e", "ada")
		r.Client = client
		if got := persistOne(t, store, r); (got.Status == process.StatusErased) != want {
			t.Errorf("%q: got %+v, want it erased: %t", client, got, want)
		}
	}
	store.RefuseUser("", "bob")
	for client, want := range map[string]bool{"orders": false, "": true} {
		r := ofUser("f", "bob")
		r.Client = client
		if got := persistOne(t, store, r); (got.Status == process.StatusErased) != want {
			t.Errorf("%q: got %+v, want it erased: %t", client, got, want)
		}
	}
}

func laterStored(t *testing.T, store Refusing) {
	store.RefuseUser(everyClient, "ada")
	r := ofUser("e", "ada")
	r.ReceivedAt = time.Now().Add(time.Minute)
	if got := persistOne(t, store, r); !got.Inserted {
		t.Errorf("got %+v", got)
	}
}

func payloadRefused(t *testing.T, store Refusing) {
	missing := func(id, payload string) process.Record {
		return unsuccessful(id, payload, process.StatusFailed, fault.PayloadMissing, "the object is gone")
	}
	store.RefusePayload("", missing("a", "erased").SHA256)
	for _, c := range []struct {
		record process.Record
		want   process.Status
	}{
		{missing("a", "erased"), process.StatusErased},
		{missing("b", "lost"), process.StatusFailed},
		{Failed("c", "erased"), process.StatusFailed},
		{Processing("d", "erased"), process.StatusProcessing},
		{Success("e", "erased"), process.StatusSuccess},
	} {
		if got := persistOne(t, store, c.record); got.Status != c.want {
			t.Errorf("%s: got %+v, want %s", c.record.EventID, got, c.want)
		}
	}
}

func eventErased(t *testing.T, store Refusing) {
	ofAda, ofBob := ofUser("e", "ada"), ofUser("e", "bob")
	ofAda.Client, ofBob.Client = "orders", "refunds"
	persistOne(t, store, ofAda)
	persistOne(t, store, ofBob)
	store.Erase("ada", ofAda.Identity())
	if _, err := store.Event(t.Context(), ofAda.Identity()); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the erased event: %v", err)
	}
	if got := persistOne(t, store, ofAda); got.Status != process.StatusErased {
		t.Errorf("it comes again: %+v", got)
	}
	missing := unsuccessful("e", "of ada", process.StatusFailed, fault.PayloadMissing, "the object is gone")
	missing.Client = ofAda.Client
	if got := persistOne(t, store, missing); got.Status != process.StatusErased {
		t.Errorf("it comes again, its payload missing: %+v", got)
	}
	if got := persistOne(t, store, ofBob); got.Status != process.StatusSuccess || got.Inserted || got.Attempts != 2 {
		t.Errorf("the event of another user: %+v", got)
	}
	other := ofUser("e", "bob")
	other.Client = ofAda.Client
	if got := persistOne(t, store, other); !got.Inserted || got.Attempts != 1 {
		t.Errorf("the id of the erased event is taken: %+v", got)
	}
}
