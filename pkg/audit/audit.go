// Package audit compares stored events with the hashes of their payloads, as an operation of
// maintain: the bytes in the row, or those of the object in S3.
//
// It reads a sample. Which events are in it depends on their names alone, so that the same
// sample is the same events, and other parts are others; all parts are all events.
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
)

// Store reads the events. Its methods return a DatabaseUnavailable fault.
type Store interface {
	// RangeCount counts the events that follow a place in its day, and returns where to go on.
	RangeCount(ctx context.Context, r event.Range, after event.Place) (n int64, next event.Place, done bool, err error)
	// RangeKeys names the events that follow a place, limit at most.
	RangeKeys(ctx context.Context, r event.Range, after event.Place, limit int) (keys []event.StoredKey, next event.Place, done bool, err error)
	// RangeNamed reads those, without the ones that are gone.
	RangeNamed(ctx context.Context, keys []event.StoredKey) ([]event.Stored, error)
}

// Blobs reads the payload bucket.
type Blobs interface {
	// Sum returns the SHA-256 of an object, in lower-case hex. Returns a PayloadMissing
	// fault when there is none, Forbidden when it may not be read, and StorageUnavailable
	// when trying later will help.
	Sum(ctx context.Context, key string) (string, error)
}

const (
	// chunk is how many events are read at once: with an object of contract.BodyLimit each,
	// eight at a time, they take some seconds, and with inline payloads 8 MiB of memory.
	chunk       = 32
	concurrency = 8
	// keysLimit is how many names a step looks at to find a chunk.
	keysLimit = 20_000
	// PartsLimit is into how many parts the events can be divided.
	PartsLimit = 1_000_000
	// findingsLimit bounds the list: it travels with each call, and is logged.
	findingsLimit = 200
)

// Arguments are those of the operation. Times are of when an event was stored.
type Arguments struct {
	From time.Time `json:"from,omitzero"` // zero: from the first event on
	// To ends the range; nil means event.Settled before the operation begins.
	To     *time.Time `json:"to,omitzero"`
	Client *string    `json:"client,omitzero"` // nil: of any client; empty: without a client
	// Parts is into how many parts the events are divided, Part which of them is read,
	// from 1 on. One part is all events.
	Parts int `json:"parts"`
	Part  int `json:"part"`
}

// Check returns an InvalidValue fault that names the argument which cannot be used.
func (a Arguments) Check() error {
	switch {
	case a.Parts < 1 || a.Parts > PartsLimit:
		return fault.Newf(fault.InvalidValue, "parts must be 1 to %d, got %d", PartsLimit, a.Parts)
	case a.Part < 1 || a.Part > a.Parts:
		return fault.Newf(fault.InvalidValue, "part must be 1 to %d, got %d", a.Parts, a.Part)
	case a.Client != nil && *a.Client != "" && !contract.ValidClient(*a.Client):
		return fault.Newf(fault.InvalidValue, "client is not the name of a client: %.64q", *a.Client)
	}
	return nil
}

// chosen reports whether an event is in the part: by the first eight bytes of the SHA-256 of
// "client/id", modulo the number of parts.
func (a Arguments) chosen(id event.Identity) bool {
	sum := sha256.Sum256([]byte(id.Client + "/" + id.ID))
	return binary.BigEndian.Uint64(sum[:8])%uint64(a.Parts) == uint64(a.Part-1)
}

// What is the way in which an event differs.
type What string

// What can be found.
const (
	PayloadDiffers  What = "payload_differs"  // the bytes in the row are not those of the hash
	ObjectDiffers   What = "object_differs"   // those of the object are not
	ObjectMissing   What = "object_missing"   // there is no object
	ObjectForbidden What = "object_forbidden" // S3 answers 403
	KeyDiffers      What = "key_differs"      // the row names another object than the event's own
)

// Finding is an event that differs.
type Finding struct {
	event.Identity
	What What `json:"what"`
}

// Report is what was done so far.
type Report struct {
	To time.Time `json:"to"` // the end of the range
	// Events are all of the range, still growing until Counted; Passed those that were
	// looked at, Read those of the part, whose payloads were compared, Objects those of them
	// that lie in S3.
	Events  int64 `json:"events"`
	Counted bool  `json:"counted"`
	Passed  int64 `json:"passed"`
	Read    int64 `json:"read"`
	Objects int64 `json:"objects"`
	// Differing counts the findings, Findings has the first ones.
	Differing int64     `json:"differing"`
	Findings  []Finding `json:"findings,omitempty"`
}

// Cursor is how far an audit has come: first it counts, then it reads.
type Cursor struct {
	Place event.Place `json:"place,omitzero"`
}

// Config is what a Service needs; all but Now is required.
type Config struct {
	Store Store
	Blobs Blobs
	Now   func() time.Time // default time.Now
}

// Service audits events. It is safe for concurrent use.
type Service struct{ Config }

// New returns a Service, or an error that names the field that is missing.
func New(c Config) (*Service, error) {
	switch {
	case c.Store == nil:
		return nil, errors.New("audit: Store is required")
	case c.Blobs == nil:
		return nil, errors.New("audit: Blobs is required")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{c}, nil
}

// Operation is the audit, as maintain runs it.
func (s *Service) Operation() operate.Operation { return operate.Define(s.step) }

// step counts a day of the range, or compares some events of it.
func (s *Service) step(ctx context.Context, call operate.Call[Arguments], c *Cursor, r *Report) (done bool, err error) {
	a := call.Arguments
	if r.To.IsZero() {
		r.To = s.Now().Add(-event.Settled).UTC()
		if a.To != nil {
			r.To = *a.To
		}
	}
	of := event.Range{From: a.From, To: r.To, Client: a.Client}
	if err := of.Check(s.Now()); err != nil {
		return false, err
	}
	if r.Counted {
		return s.compare(ctx, a, of, c, r)
	}
	n, next, counted, err := s.Store.RangeCount(ctx, of, c.Place)
	if err != nil {
		return false, err
	}
	r.Events += n
	if c.Place = next; counted {
		r.Counted, c.Place = true, event.Place{}
	}
	return counted && r.Events == 0, nil
}

// compare reads the events of the part among the next ones.
func (s *Service) compare(ctx context.Context, a Arguments, of event.Range, c *Cursor, r *Report) (bool, error) {
	keys, next, done, err := s.Store.RangeKeys(ctx, of, c.Place, min(chunk*a.Parts, keysLimit))
	if err != nil {
		return false, err
	}
	passed := int64(len(keys))
	keys = slices.DeleteFunc(keys, func(key event.StoredKey) bool { return !a.chosen(key.Identity) })
	for some := range slices.Chunk(keys, chunk) {
		events, err := s.Store.RangeNamed(ctx, some)
		if err != nil {
			return false, err
		}
		findings, err := s.check(ctx, events)
		if err != nil {
			return false, err
		}
		r.add(events, findings)
	}
	r.Passed += passed
	c.Place = next
	return done, nil
}

func (r *Report) add(events []event.Stored, findings []Finding) {
	r.Read += int64(len(events))
	for _, e := range events {
		if e.Mode == event.S3 {
			r.Objects++
		}
	}
	r.Differing += int64(len(findings))
	r.Findings = append(r.Findings, findings[:min(len(findings), findingsLimit-len(r.Findings))]...)
}

// check compares events with their hashes.
func (s *Service) check(ctx context.Context, events []event.Stored) (findings []Finding, err error) {
	objects := make([]What, len(events))
	group, grouped := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for i, e := range events {
		if e.Mode == event.S3 {
			group.Go(func() (err error) {
				objects[i], err = s.object(grouped, e)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if err := s.forgive(ctx, events, objects); err != nil {
		return nil, err
	}
	for i, e := range events {
		found := objects[i]
		switch {
		case e.Mode == event.Inline && event.Hash(e.Payload) != e.SHA256:
			found = PayloadDiffers
		case e.Mode == event.S3 && found == "" && e.Key != event.ObjectKey(e.Identity(), e.SHA256):
			found = KeyDiffers
		}
		if found != "" {
			findings = append(findings, Finding{e.Identity(), found})
		}
	}
	return findings, nil
}

// object says what is wrong with the object of an event. It is the one of the event's own
// name, wherever the row points.
func (s *Service) object(ctx context.Context, e event.Stored) (What, error) {
	sum, err := s.Blobs.Sum(ctx, event.ObjectKey(e.Identity(), e.SHA256))
	switch code := fault.CodeOf(err); {
	case err == nil && sum == e.SHA256:
		return "", nil
	case err == nil:
		return ObjectDiffers, nil
	case code == fault.PayloadMissing:
		return ObjectMissing, nil
	case code == fault.Forbidden:
		return ObjectForbidden, nil
	}
	return "", err
}

// forgive takes back what is missing of events that are gone by now: an erasure and the
// retention remove an object together with its row.
func (s *Service) forgive(ctx context.Context, events []event.Stored, objects []What) error {
	var missing []event.StoredKey
	for i, e := range events {
		if objects[i] == ObjectMissing {
			missing = append(missing, event.StoredKey{Identity: e.Identity(), CreatedAt: e.CreatedAt})
		}
	}
	if len(missing) == 0 {
		return nil
	}
	still, err := s.Store.RangeNamed(ctx, missing)
	if err != nil {
		return err
	}
	for i, e := range events {
		if objects[i] == ObjectMissing && !slices.ContainsFunc(still, func(s event.Stored) bool { return s.Identity() == e.Identity() }) {
			objects[i] = ""
		}
	}
	return nil
}
