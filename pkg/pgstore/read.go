package pgstore

import (
	"context"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/query"
)

//go:embed event.sql
var eventSQL string

//go:embed events.sql
var eventsSQL string

//go:embed status.sql
var statusSQL string

//go:embed unfinished.sql
var unfinishedSQL string

// Event returns a stored event. Returns a NotFound or a DatabaseUnavailable fault.
func (s *Store) Event(ctx context.Context, id event.Identity) (event.Stored, error) {
	var found row
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, eventSQL, id.Client, id.ID).Scan(found.targets()...)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return event.Stored{}, fault.New(fault.NotFound, "no such event is stored; one that was accepted a moment ago may be on its way: ask for its status")
	}
	if err != nil {
		return event.Stored{}, unavailable(err, "read an event")
	}
	return found.stored()
}

// Status returns the processing status of an event. Returns a NotFound or a
// DatabaseUnavailable fault.
func (s *Store) Status(ctx context.Context, id event.Identity) (query.Status, error) {
	found := statusRow{status: query.Status{Identity: id}}
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, statusSQL, id.Client, id.ID).Scan(found.targets()...)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return query.Status{}, fault.New(fault.NotFound, "the event is not known, or has not reached the processor yet")
	}
	if err != nil {
		return query.Status{}, unavailable(err, "read the status of an event")
	}
	return found.read(), nil
}

// Unfinished returns a page of the events that are failed or processing, newest
// first by when they were first seen, and whether more follow. Returns a DatabaseUnavailable fault.
func (s *Store) Unfinished(ctx context.Context, filter query.Filter) (statuses []query.Status, more bool, err error) {
	args := unfinishedArguments(filter)
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, unfinishedSQL, args...)
		if err != nil {
			return err
		}
		statuses = nil
		next := statusRow{status: query.Status{Identity: event.Identity{Client: filter.Client}}}
		_, err = pgx.ForEachRow(rows, append([]any{&next.status.ID}, next.targets()...), func() error {
			statuses = append(statuses, next.read())
			return nil
		})
		return err
	})
	if err != nil {
		return nil, false, unavailable(err, "list what is not finished")
	}
	if limit := int(boundsOf(filter).limit); len(statuses) > limit {
		return statuses[:limit], true, nil
	}
	return statuses, false, nil
}

// statusRow is a status as the SQL files select it.
type statusRow struct {
	status  query.Status
	state   process.Status
	failure query.StatusError
}

func (r *statusRow) targets() []any {
	return []any{&r.state, &r.status.Attempts, &r.status.FirstSeenAt, &r.status.LastSeenAt, &r.failure.Code, &r.failure.Reason}
}

func (r *statusRow) read() query.Status {
	status := r.status
	status.State = string(r.state)
	if r.state == process.StatusSuccess {
		status.State = contract.StatusProcessed
	}
	status.FirstSeenAt, status.LastSeenAt = status.FirstSeenAt.UTC(), status.LastSeenAt.UTC()
	if r.failure.Code != "" {
		failure := r.failure
		status.Error = &failure
	}
	return status
}

// Events returns a page of a user's events, newest first, and whether more
// follow. Limit below 1 means contract.PageDefault; MaxBytes below 1 does not
// bound. Returns a DatabaseUnavailable fault.
func (s *Store) Events(ctx context.Context, filter query.Filter) (events []event.Stored, more bool, err error) {
	args := pageArguments(filter)
	var rows []row
	var found int
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		result, err := conn.Query(ctx, eventsSQL, args...)
		if err != nil {
			return err
		}
		rows, found = nil, 0
		var next row
		_, err = pgx.ForEachRow(result, append(next.targets(), &found), func() error {
			rows = append(rows, next)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, false, unavailable(err, "list a user's events")
	}
	events = make([]event.Stored, len(rows))
	for i, r := range rows {
		if events[i], err = r.stored(); err != nil {
			return nil, false, err
		}
	}
	return events, found > len(rows), nil
}

// bounds are those of a page. Where there is no bound, an infinite time stands for it.
type bounds struct {
	from, to, after pgtype.Timestamptz
	afterID         string
	limit           int32
}

func boundsOf(filter query.Filter) bounds {
	b := bounds{
		from:  pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true},
		to:    pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true},
		limit: int32(filter.Limit),
	}
	b.after = b.to
	if filter.Limit < 1 {
		b.limit = contract.PageDefault
	}
	if filter.From != nil {
		b.from = pgtype.Timestamptz{Time: *filter.From, Valid: true}
	}
	if filter.To != nil {
		b.to = pgtype.Timestamptz{Time: *filter.To, Valid: true}
	}
	if filter.After != nil {
		b.after, b.afterID = pgtype.Timestamptz{Time: filter.After.Timestamp, Valid: true}, filter.After.EventID
	}
	return b
}

// pageArguments are those of events.sql.
func pageArguments(filter query.Filter) []any {
	b, bytes := boundsOf(filter), int64(filter.MaxBytes)
	if bytes < 1 {
		bytes = 1 << 62
	}
	return []any{filter.Client, filter.UserID, b.from, b.to, b.after, b.afterID, b.limit, bytes}
}

// unfinishedArguments are those of unfinished.sql.
func unfinishedArguments(filter query.Filter) []any {
	b := boundsOf(filter)
	return []any{filter.Client, filter.State, b.from, b.to, b.after, b.afterID, b.limit}
}

// row is an event as the SQL files select it.
type row struct {
	event   event.Stored
	amount  string
	payload *string // null for an S3 event
	hash    []byte
}

func (r *row) targets() []any {
	e := &r.event
	return []any{
		&e.Client, &e.ID, &e.CorrelationID, &e.UserID, &r.amount, &e.Currency, &e.Merchant, &e.Timestamp,
		&r.payload, &r.hash, &e.ReceivedAt, &e.CreatedAt,
	}
}

func (r *row) stored() (event.Stored, error) {
	amount, err := event.ParseAmount(r.amount)
	if err != nil {
		return event.Stored{}, fmt.Errorf("read the amount of event %s: it %w", r.event.ID, err)
	}
	e := r.event
	e.Amount, e.SHA256, e.Mode = amount, hex.EncodeToString(r.hash), event.S3
	e.Timestamp, e.ReceivedAt, e.CreatedAt = e.Timestamp.UTC(), e.ReceivedAt.UTC(), e.CreatedAt.UTC()
	if r.payload == nil {
		return e, nil
	}
	e.Mode, e.Payload = event.Inline, []byte(*r.payload)
	return e, nil
}
