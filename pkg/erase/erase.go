// Package erase removes the events of one user, and keeps a record of it that holds
// nothing personal.
//
// First it is made sure that nothing of the user which was accepted before is stored any
// more; then what is stored goes, an object before its row, so that an interruption leaves
// a row by which the object is found again; then, when no request can last that was accepted
// before, the objects that no row names. Dead letters are the caller's to delete; messages
// that wait are refused by the processor.
package erase

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
)

// EveryClient stands for the events of a user at every client.
const EveryClient = "*"

const (
	eventChunk  = 200 // events in one transaction
	objectChunk = 200 // versions in one listing
	concurrency = 8   // objects that are removed at once
)

// HashesLimit bounds the hashes of one question.
const HashesLimit = 1_000

// Subject is whose events are erased: those of a user at one client, or at every one.
type Subject struct {
	Client string // EveryClient, or empty for those of no client
	UserID string
}

// Begun is an erasure that has begun. What was accepted until At is erased.
type Begun struct {
	ID uuid.UUID `json:"id"`
	At time.Time `json:"at"`
}

// Event is one stored event to erase. Key is empty when no object belongs to it.
type Event struct {
	event.Identity
	StoredAt time.Time
	SHA256   string
	Key      string
}

// Counts are what an erasure removed, or would remove. Objects that belong to no event and
// hold the same bytes count as one.
type Counts struct {
	Events  int64 `json:"events"`
	Objects int64 `json:"objects"`
}

// Store is the database. Each method returns a DatabaseUnavailable fault when trying
// later will help.
type Store interface {
	// BeginErasure makes the store refuse what was accepted of a user before. Of a user
	// whose erasure has not finished it goes on with that one.
	BeginErasure(ctx context.Context, of Subject, by string) (Begun, error)
	// UserEvents returns up to limit events of a user that were accepted until a time.
	UserEvents(ctx context.Context, of Subject, until time.Time, limit int) ([]Event, error)
	// CountUserEvents counts those, and how many have an object.
	CountUserEvents(ctx context.Context, of Subject, until time.Time) (Counts, error)
	// EraseEvents removes events with their keys, and adds them to the erasure's record.
	EraseEvents(ctx context.Context, of Begun, events []Event) error
	// Unstored returns those of the objects that belong to no stored event.
	Unstored(ctx context.Context, objects []Object) ([]Object, error)
	// NoteErased notes, once, that an object is removed that belongs to no event.
	NoteErased(ctx context.Context, of Begun, object Object) error
	// FinishErasure closes the record and returns what it counts.
	FinishErasure(ctx context.Context, of Begun) (Counts, error)
	// Erased returns those of the hashes of payloads that were erased.
	Erased(ctx context.Context, hashes []string) ([]string, error)
}

// Object is a payload object: the version that was written last.
type Object struct {
	event.Identity
	SHA256   string
	Key      string
	Version  string
	Modified time.Time
}

// Blobs is the bucket. Each method returns a StorageUnavailable fault when trying later
// will help.
type Blobs interface {
	// Objects lists objects in the order of their keys, those under a prefix, from the
	// page after the token on. Of an object whose versions are on several pages each page
	// has one. The next token is empty after the last page.
	Objects(ctx context.Context, prefix, token string, limit int) (objects []Object, next string, err error)
	// GetVersion reads one version, and when its event was received: zero when the object
	// does not say so. A PayloadMissing fault says that there is none.
	GetVersion(ctx context.Context, key, version string, limit int64) (payload []byte, received time.Time, err error)
	// Remove removes an object with all its versions. It is no error when there are none.
	Remove(ctx context.Context, key string) error
}

// Arguments are those of the operation.
type Arguments struct {
	UserID string `json:"user_id"`
	// Client is whose events of the user; EveryClient for all.
	Client string `json:"client"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// Check returns an InvalidValue fault.
func (a Arguments) Check() error {
	switch n := utf8.RuneCountInString(a.UserID); {
	case n < 1 || n > contract.UserIDLimit || !utf8.ValidString(a.UserID) || strings.ContainsRune(a.UserID, 0):
		return fault.Newf(fault.InvalidValue, "user_id has %d characters, it must be 1 to %d of UTF-8", n, contract.UserIDLimit)
	case a.Client != "" && a.Client != EveryClient && !contract.ValidClient(a.Client):
		return fault.Newf(fault.InvalidValue, "client %q cannot be the name of a client", a.Client)
	}
	return nil
}

func (a Arguments) subject() Subject { return Subject{Client: a.Client, UserID: a.UserID} }

// Cursor is where an erasure stands.
type Cursor struct {
	Step  step   `json:"step"`
	Begun Begun  `json:"begun"`
	Page  string `json:"page,omitzero"` // of the objects
}

// step is what comes next.
type step string

const (
	begin   step = ""
	events  step = "events"
	uploads step = "uploads"
	objects step = "objects"
	finish  step = "finish"
)

// Report is what an erasure did so far, or would do. At its end the counts are those of its
// record.
type Report struct {
	Counts
	Erasure    uuid.UUID `json:"erasure,omitzero"`
	Until      time.Time `json:"until,omitzero"` // what was accepted until then is erased
	Waits      bool      `json:"waits_for_uploads,omitzero"`
	Looked     int64     `json:"objects_looked_at"`
	Unreadable []string  `json:"objects_unreadable,omitzero"` // keys of the first of them
}

// unreadableLimit bounds the keys in a report.
const unreadableLimit = 20

type service struct {
	store Store
	blobs Blobs
	lasts time.Duration
}

// Operation returns the operation that erases a user. A request that ingest takes lasts no
// longer than it is told.
func Operation(store Store, blobs Blobs, lasts time.Duration) operate.Operation {
	s := service{store, blobs, lasts}
	return operate.Define(s.step)
}

func (s service) step(ctx context.Context, call operate.Call[Arguments], c *Cursor, r *Report) (done bool, err error) {
	if call.Arguments.DryRun {
		r.Counts, err = s.store.CountUserEvents(ctx, call.Arguments.subject(), time.Now())
		return true, err
	}
	switch c.Step {
	case begin:
		if c.Begun, err = s.store.BeginErasure(ctx, call.Arguments.subject(), call.By); err != nil {
			return false, err
		}
		r.Erasure, r.Until = c.Begun.ID, c.Begun.At
		c.Step = events
	case events:
		return false, s.events(ctx, call.Arguments.subject(), c, r)
	case uploads:
		return false, s.uploads(ctx, c, r)
	case objects:
		return false, s.objects(ctx, call.Arguments, c, r)
	case finish:
		r.Counts, err = s.store.FinishErasure(ctx, c.Begun)
		return true, err
	}
	return false, nil
}

// events removes some events, each object before its row.
func (s service) events(ctx context.Context, of Subject, c *Cursor, r *Report) error {
	found, err := s.store.UserEvents(ctx, of, c.Begun.At, eventChunk)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		c.Step = uploads
		return nil
	}
	removing, within := errgroup.WithContext(ctx)
	removing.SetLimit(concurrency)
	for _, e := range found {
		if e.Key != "" {
			r.Objects++
			removing.Go(func() error { return s.blobs.Remove(within, e.Key) })
		}
	}
	if err := removing.Wait(); err != nil {
		return err
	}
	r.Events += int64(len(found))
	return s.store.EraseEvents(ctx, c.Begun, found)
}

// uploads waits, a second at a time, until no request lasts any more that was accepted
// before: by then each has put its object, or never will.
func (s service) uploads(ctx context.Context, c *Cursor, r *Report) error {
	left := time.Until(c.Begun.At.Add(s.lasts))
	if r.Waits = left > 0; !r.Waits {
		c.Step = objects
		return nil
	}
	select {
	case <-time.After(min(left, time.Second)):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the uploads that are under way: %w", ctx.Err())
	}
}

// objects removes the user's of a page of objects that belong to no stored event: those of
// messages that wait, of dead letters, and of requests that failed half-way.
func (s service) objects(ctx context.Context, a Arguments, c *Cursor, r *Report) error {
	prefix := contract.ObjectPrefix
	if a.Client != EveryClient && a.Client != "" {
		prefix += a.Client + "/"
	}
	page, next, err := s.blobs.Objects(ctx, prefix, c.Page, objectChunk)
	if err != nil {
		return err
	}
	looked := int64(len(page))
	if page, err = s.store.Unstored(ctx, page); err != nil {
		return err
	}
	for _, o := range page {
		if o.Modified.After(c.Begun.At.Add(s.lasts)) || a.Client != EveryClient && o.Client != a.Client {
			continue
		}
		if err := s.object(ctx, a.UserID, o, c.Begun, r); err != nil {
			return err
		}
	}
	r.Looked += looked
	if c.Page = next; next == "" {
		c.Step = finish
	}
	return nil
}

// object removes an object if it is the user's, and of an event that was accepted before.
// When S3 has it modified does not tell: an upload takes its time, and S3 says whole seconds
// (measured in https://github.com/minio/minio-go/pull/1638).
func (s service) object(ctx context.Context, userID string, o Object, of Begun, r *Report) error {
	payload, received, err := s.blobs.GetVersion(ctx, o.Key, o.Version, contract.BodyLimit)
	if fault.CodeOf(err) == fault.PayloadMissing {
		return nil // somebody removed it meanwhile
	}
	if err != nil {
		return err
	}
	owner, err := event.UserID(payload)
	if err != nil && len(r.Unreadable) < unreadableLimit {
		r.Unreadable = append(r.Unreadable, o.Key)
	}
	if received.IsZero() {
		received = o.Modified // an object of a release that did not say it
	}
	// The database compares the same two, and keeps microseconds.
	if err != nil || owner != userID || received.Truncate(time.Microsecond).After(of.At) {
		return nil
	}
	r.Objects++
	// The note comes first: a message that waits for the object is known by it.
	if err := s.store.NoteErased(ctx, of, o); err != nil {
		return err
	}
	return s.blobs.Remove(ctx, o.Key)
}

// Hashes are the arguments of the operation that says which payloads were erased.
type Hashes struct {
	SHA256 []string `json:"sha256"`
}

// Check returns an InvalidValue fault.
func (h Hashes) Check() error {
	if len(h.SHA256) > HashesLimit {
		return fault.Newf(fault.InvalidValue, "sha256 has %d hashes, it must have at most %d", len(h.SHA256), HashesLimit)
	}
	for _, hash := range h.SHA256 {
		if sum, err := hex.DecodeString(hash); err != nil || len(sum) != 32 {
			return fault.New(fault.InvalidValue, "sha256 has what is not a SHA-256 in hex")
		}
	}
	return nil
}

// ErasedHashes returns the operation that says which payloads were erased: a dead letter
// whose object is gone does not show whose it was.
func ErasedHashes(store Store) operate.Operation {
	return operate.Define(func(ctx context.Context, call operate.Call[Hashes], _ *struct{}, r *Hashes) (done bool, err error) {
		r.SHA256, err = store.Erased(ctx, call.Arguments.SHA256)
		return true, err
	})
}
