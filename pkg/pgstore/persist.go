package pgstore

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

//go:embed persist_batch.sql
var persistBatchSQL string

//go:embed mark_notified.sql
var markNotifiedSQL string

// PersistBatch writes the records and the events of those that are a success, in
// one statement: a transaction and a round trip of its own, whatever their
// number. Deliveries below 1 count as 1; a reason is cut to 1024 characters.
// When the answer to a try was lost and the batch is written again by the next,
// its attempts are counted twice and Inserted is false.
//
// Returns an InvalidEvent fault when the database refuses a value (nothing is
// then written), a DatabaseUnavailable fault for everything else that the
// database or the context says, and an unclassified error when an id occurs
// twice.
func (s *Store) PersistBatch(ctx context.Context, records []process.Record) (map[string]process.Stored, error) {
	if len(records) == 0 {
		return map[string]process.Stored{}, nil
	}
	args, err := batchArguments(records)
	if err != nil {
		return nil, err
	}
	var stored map[string]process.Stored
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, persistBatchSQL, args...)
		if err != nil {
			return err
		}
		stored = make(map[string]process.Stored, len(records))
		var id string
		var answer process.Stored
		_, err = pgx.ForEachRow(rows, []any{
			&id, &answer.Status, &answer.SHA256, &answer.Attempts, &answer.Notified, &answer.Inserted,
		}, func() error {
			stored[id] = answer
			return nil
		})
		return err
	})
	attempted := fmt.Sprintf("persist a batch of %d", len(records))
	if r, ok := refused(err); ok {
		return nil, fault.Wrap(fault.InvalidEvent, fmt.Errorf("%s: %w", attempted, r), "the database refuses a value of the event")
	}
	if err != nil {
		return nil, unavailable(err, attempted)
	}
	return stored, nil
}

// MarkNotified sets notified_at of the given events, where they are stored and
// it is not yet set. Returns a DatabaseUnavailable fault.
func (s *Store) MarkNotified(ctx context.Context, eventIDs []string) error {
	if len(eventIDs) == 0 {
		return nil
	}
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, markNotifiedSQL, eventIDs)
		return err
	})
	return unavailable(err, fmt.Sprintf("mark %d events as notified", len(eventIDs)))
}

// batchArguments returns the columns of the records, then those of the events of
// the ones that are a success, in the order of persist_batch.sql.
func batchArguments(records []process.Record) ([]any, error) {
	var claims claimColumns
	var events eventColumns
	seen := make(map[string]bool, len(records))
	for _, r := range records {
		if seen[r.EventID] {
			return nil, fmt.Errorf("persist a batch: event id %q occurs twice", r.EventID)
		}
		seen[r.EventID] = true
		claims.add(r)
		if r.Status == process.StatusSuccess {
			events.add(r)
		}
	}
	return append(claims.arguments(), events.arguments()...), nil
}

type claimColumns struct {
	ids, statuses, hashes, codes, reasons []string
	deliveries                            []int32
}

func (c *claimColumns) add(r process.Record) {
	c.ids = append(c.ids, r.EventID)
	c.statuses = append(c.statuses, string(r.Status))
	c.hashes = append(c.hashes, r.SHA256)
	c.deliveries = append(c.deliveries, int32(max(r.Deliveries, 1)))
	code, reason := string(r.ErrorCode), storableReason(r.ErrorReason)
	if r.Status == process.StatusSuccess {
		code, reason = "", ""
	}
	c.codes = append(c.codes, code)
	c.reasons = append(c.reasons, reason)
}

func (c *claimColumns) arguments() []any {
	return []any{c.ids, c.statuses, c.hashes, c.deliveries, c.codes, c.reasons}
}

// eventColumns holds amounts as text: they become numeric in the database and
// are never a float.
type eventColumns struct {
	ids, hashes, correlations, users, amounts []string
	scales                                    []int16
	currencies, merchants                     []string
	timestamps                                []time.Time
	metadata, modes, buckets, keys            []string
	received                                  []time.Time
}

func (c *eventColumns) add(r process.Record) {
	e := r.Event
	c.ids = append(c.ids, r.EventID)
	c.hashes = append(c.hashes, r.SHA256)
	c.correlations = append(c.correlations, r.CorrelationID)
	c.users = append(c.users, e.UserID)
	c.amounts = append(c.amounts, e.Amount.String())
	c.scales = append(c.scales, int16(e.Amount.Scale()))
	c.currencies = append(c.currencies, e.Currency)
	c.merchants = append(c.merchants, e.Merchant)
	c.timestamps = append(c.timestamps, e.Timestamp)
	c.metadata = append(c.metadata, string(e.Metadata))
	c.modes = append(c.modes, string(r.Mode))
	c.buckets = append(c.buckets, r.Bucket)
	c.keys = append(c.keys, r.Key)
	c.received = append(c.received, r.ReceivedAt)
}

func (c *eventColumns) arguments() []any {
	return []any{
		c.ids, c.hashes, c.correlations, c.users, c.amounts, c.scales, c.currencies, c.merchants,
		c.timestamps, c.metadata, c.modes, c.buckets, c.keys, c.received,
	}
}

const reasonLimit = 1024

// storableReason makes any text one that can be stored: the record of a failure
// must not fail over its own reason.
func storableReason(reason string) string {
	reason = strings.ReplaceAll(strings.ToValidUTF8(reason, "\uFFFD"), "\x00", "\uFFFD")
	if runes := []rune(reason); len(runes) > reasonLimit {
		return string(runes[:reasonLimit])
	}
	return reason
}
