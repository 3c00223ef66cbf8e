// Package query reads what the processor wrote: one event, its processing
// status, or a page of a user's events.
package query

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Config holds what a Service needs. Both are required.
type Config struct {
	Store Store
	Blobs Blobs
}

// Service answers queries. It is safe for concurrent use.
type Service struct{ cfg Config }

// New returns a Service, or an error that names the field that is missing.
func New(cfg Config) (*Service, error) {
	if cfg.Store == nil {
		return nil, errors.New("query: Store is required")
	}
	if cfg.Blobs == nil {
		return nil, errors.New("query: Blobs is required")
	}
	return &Service{cfg: cfg}, nil
}

// Event returns a stored event whole: the payload of an S3 event is fetched. What is
// returned is verified by its hash. Returns InvalidValue for an id that cannot be one,
// NotFound, HashMismatch or PayloadMissing when the payload is not what was accepted,
// and DatabaseUnavailable or StorageUnavailable.
func (s *Service) Event(ctx context.Context, id event.Identity) (event.Stored, error) {
	if err := checkID(id.ID); err != nil {
		return event.Stored{}, err
	}
	stored, err := s.cfg.Store.Event(ctx, id)
	if err != nil {
		return event.Stored{}, err
	}
	if stored.Mode == event.S3 {
		stored.Payload, err = s.cfg.Blobs.Get(ctx, event.ObjectKey(stored.Identity(), stored.SHA256), contract.BodyLimit)
		if fault.CodeOf(err) == fault.PayloadTooLarge {
			return event.Stored{}, fault.Wrap(fault.HashMismatch, err, "the stored payload is larger than any that is accepted")
		}
		if err != nil {
			return event.Stored{}, fmt.Errorf("fetch the payload of %s: %w", id.ID, err)
		}
	}
	if event.Hash(stored.Payload) != stored.SHA256 {
		return event.Stored{}, fault.New(fault.HashMismatch, "the stored payload is not the one that was accepted")
	}
	return stored, readMetadata(&stored)
}

// readMetadata reads the metadata of an event out of its payload.
func readMetadata(e *event.Stored) error {
	sent, err := event.Decode(e.Payload)
	if err != nil {
		return fault.Wrap(fault.InvalidEvent, err, "the stored payload of "+e.ID+" is not an event")
	}
	e.Metadata = sent.Metadata
	return nil
}

// Status returns the processing status of an event. Returns InvalidValue,
// NotFound (also for an event that was accepted a moment ago and has not reached
// the processor) or DatabaseUnavailable.
func (s *Service) Status(ctx context.Context, id event.Identity) (Status, error) {
	if err := checkID(id.ID); err != nil {
		return Status{}, err
	}
	return s.cfg.Store.Status(ctx, id)
}

func checkID(id string) error {
	if event.ValidID(id) {
		return nil
	}
	return fault.OfFields(fault.Field{
		Pointer: contract.PathEventID, Code: fault.InvalidValue,
		Detail: fmt.Sprintf("event_id must be 1 to %d of A-Z a-z 0-9 . _ : -", contract.EventIDLimit),
	})
}

// pageBytes bounds the payloads of one page, so that the page with everything
// around it, quoted as a JSON string, stays below contract.InvocationLimit.
const pageBytes = 2 * 1024 * 1024

// ListRequest asks for a page. From and To may be nil; Limit 0 means
// contract.PageDefault; Cursor is NextCursor of the page before, or empty.
type ListRequest struct {
	Client   string // empty in a stage without clients
	UserID   string
	State    string // of ListUnfinished
	From, To *time.Time
	Limit    int
	Cursor   string
}

// Page is a page of a user's events, newest first. The metadata of S3 events is
// left out: read those one by one. NextCursor is empty on the last page.
type Page struct {
	Events     []event.Stored
	NextCursor string
}

// List returns a page of a user's events. An event stored while pages are read
// appears if it sorts after the cursor; none is shown twice. Returns an error
// that names every bad parameter, or DatabaseUnavailable.
func (s *Service) List(ctx context.Context, r ListRequest) (Page, error) {
	filter, err := r.filter()
	if err != nil {
		return Page{}, err
	}
	events, more, err := s.cfg.Store.Events(ctx, filter)
	if err != nil {
		return Page{}, err
	}
	for i := range events {
		if events[i].Mode == event.Inline {
			if err := readMetadata(&events[i]); err != nil {
				return Page{}, err
			}
		}
	}
	page := Page{Events: events}
	if more && len(events) > 0 {
		last := events[len(events)-1]
		page.NextCursor = encodeCursor(Position{Timestamp: last.Timestamp, EventID: last.ID})
	}
	return page, nil
}

// StatusPage is a page of what is not finished, newest first by when it was first seen.
// NextCursor is empty on the last page.
type StatusPage struct {
	Statuses   []Status
	NextCursor string
}

// ListUnfinished returns a page of the events that are in r.State: failed, or processing,
// which means that a try failed and another will follow. Returns an error that names every
// bad parameter, or DatabaseUnavailable.
func (s *Service) ListUnfinished(ctx context.Context, r ListRequest) (StatusPage, error) {
	filter, err := r.filter()
	if err != nil {
		return StatusPage{}, err
	}
	statuses, more, err := s.cfg.Store.Unfinished(ctx, filter)
	if err != nil {
		return StatusPage{}, err
	}
	page := StatusPage{Statuses: statuses}
	if more && len(statuses) > 0 {
		last := statuses[len(statuses)-1]
		page.NextCursor = encodeCursor(Position{Timestamp: last.FirstSeenAt, EventID: last.ID})
	}
	return page, nil
}

// Check returns the error that List would return of the request itself, which
// names every bad parameter; nil when it is good.
func (r ListRequest) Check() error {
	_, err := r.filter()
	return err
}

func (r ListRequest) filter() (Filter, error) {
	var faults []fault.Field
	bad := func(name string, code fault.Code, format string, args ...any) {
		faults = append(faults, fault.Field{Pointer: name, Code: code, Detail: fmt.Sprintf(name+" "+format, args...)})
	}
	f := Filter{Client: r.Client, UserID: r.UserID, State: r.State, From: r.From, To: r.To, Limit: r.Limit, MaxBytes: pageBytes}
	if r.State != "" && r.State != contract.StatusFailed && r.State != contract.StatusProcessing {
		bad("status", fault.InvalidValue, "must be %s or %s; what is processed is listed by user_id", contract.StatusFailed, contract.StatusProcessing)
	}
	switch n := utf8.RuneCountInString(r.UserID); {
	case r.State != "" && n > 0:
		bad("user_id", fault.InvalidValue, "cannot be given together with status: an event that is not stored has no user")
	case r.State != "":
	case n == 0:
		bad("user_id", fault.MissingField, "is required")
	case n > contract.UserIDLimit:
		bad("user_id", fault.TooLong, "has %d characters, the limit is %d", n, contract.UserIDLimit)
	case !utf8.ValidString(r.UserID) || strings.ContainsRune(r.UserID, 0):
		bad("user_id", fault.InvalidValue, "must be UTF-8 text without U+0000")
	}
	if f.Limit == 0 {
		f.Limit = contract.PageDefault
	}
	if f.Limit < 1 || f.Limit > contract.PageLimit {
		bad("limit", fault.InvalidValue, "is %d, it must be 1 to %d", f.Limit, contract.PageLimit)
	}
	if r.From != nil && r.To != nil && !r.From.Before(*r.To) {
		bad("from", fault.InvalidValue, "must be before to")
	}
	if r.Cursor != "" {
		position, err := decodeCursor(r.Cursor)
		if err != nil {
			bad("cursor", fault.InvalidValue, "is not a next_cursor of an earlier page")
		}
		f.After = &position
	}
	if len(faults) > 0 {
		return Filter{}, fault.OfFields(faults...)
	}
	return f, nil
}

func encodeCursor(p Position) string {
	return base64.RawURLEncoding.EncodeToString([]byte(p.Timestamp.UTC().Format(time.RFC3339Nano) + " " + p.EventID))
}

func decodeCursor(cursor string) (Position, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return Position{}, fmt.Errorf("decode cursor: %w", err)
	}
	at, id, found := strings.Cut(string(raw), " ")
	if !found || !event.ValidID(id) {
		return Position{}, errors.New("decode cursor: no event id in it")
	}
	timestamp, err := time.Parse(time.RFC3339Nano, at)
	if err != nil {
		return Position{}, fmt.Errorf("decode cursor: %w", err)
	}
	return Position{Timestamp: timestamp, EventID: id}, nil
}
