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

// Event returns a stored event. Returns a NotFound or a DatabaseUnavailable fault.
func (s *Store) Event(ctx context.Context, id event.Identity) (event.Stored, error) {
	var found row
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, eventSQL, id.Client, id.ID).Scan(found.targets()...)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return event.Stored{}, fault.New(fault.NotFound, "no such event is stored")
	}
	if err != nil {
		return event.Stored{}, unavailable(err, "read an event")
	}
	return found.stored()
}

// Status returns the processing status of an event. Returns a NotFound or a
// DatabaseUnavailable fault.
func (s *Store) Status(ctx context.Context, id event.Identity) (query.Status, error) {
	status := query.Status{Identity: id}
	var state process.Status
	var failure query.StatusError
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, statusSQL, id.Client, id.ID).Scan(
			&state, &status.Attempts, &status.FirstSeenAt, &status.LastSeenAt, &failure.Code, &failure.Reason)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return query.Status{}, fault.New(fault.NotFound, "the event is not known, or has not reached the processor yet")
	}
	if err != nil {
		return query.Status{}, unavailable(err, "read the status of an event")
	}
	status.State = string(state)
	if state == process.StatusSuccess {
		status.State = contract.StatusProcessed
	}
	status.FirstSeenAt, status.LastSeenAt = status.FirstSeenAt.UTC(), status.LastSeenAt.UTC()
	if failure.Code != "" {
		status.Error = &failure
	}
	return status, nil
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

// pageArguments are those of events.sql. Where there is no bound, an infinite time
// stands for it.
func pageArguments(filter query.Filter) []any {
	limit, bytes := filter.Limit, int64(filter.MaxBytes)
	if limit < 1 {
		limit = contract.PageDefault
	}
	if bytes < 1 {
		bytes = 1 << 62
	}
	from := pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	to := pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	after, afterID := to, ""
	if filter.From != nil {
		from = pgtype.Timestamptz{Time: *filter.From, Valid: true}
	}
	if filter.To != nil {
		to = pgtype.Timestamptz{Time: *filter.To, Valid: true}
	}
	if filter.After != nil {
		after, afterID = pgtype.Timestamptz{Time: filter.After.Timestamp, Valid: true}, filter.After.EventID
	}
	return []any{filter.Client, filter.UserID, from, to, after, afterID, int32(limit), bytes}
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
