package pgstore

import (
	"context"
	_ "embed"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

//go:embed persist_batch.sql
var persistBatchSQL string

// PersistBatch writes the records, the events of those that are a success, and what
// was announced since, in one statement: a transaction and a round trip of its own,
// whatever their number. Deliveries below 1 count as 1; a reason is cut to 1024
// characters. When the answer to a try was lost and the batch is written again by the
// next, its attempts are counted twice and Inserted is false.
//
// Returns an InvalidEvent fault when the database refuses a value (nothing is
// then written), a DatabaseUnavailable fault for everything else that the
// database or the context says, and an unclassified error when an id occurs
// twice.
func (s *Store) PersistBatch(ctx context.Context, records []process.Record, announced []process.BatchID) (process.Persisted, error) {
	if len(records) == 0 && len(announced) == 0 {
		return process.Persisted{}, nil
	}
	attempted := fmt.Sprintf("persist a batch of %d", len(records))
	columns, err := columnsOf(records)
	if err != nil {
		return process.Persisted{}, fmt.Errorf("%s: %w", attempted, err)
	}
	var persisted process.Persisted
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		batch := batchIDAt(s.now(), rand.Uint32())
		persisted = process.Persisted{Batch: batch, Events: make(map[event.Identity]process.Stored, len(records))}
		var id event.Identity
		var hash []byte
		var answer process.Stored
		return s.binaryQuery(ctx, conn, persistBatchSQL, columns.arguments(batch, announced), []any{
			&id.Client, &id.ID, &answer.Status, &hash, &answer.Attempts, &answer.Inserted, &answer.Notified,
		}, func() error {
			answer.SHA256 = hex.EncodeToString(hash)
			persisted.Events[id] = answer
			return nil
		})
	})
	if r, ok := refused(err); ok {
		return process.Persisted{}, fault.Wrap(fault.InvalidEvent, fmt.Errorf("%s: %w", attempted, r), "the database refuses a value of the event")
	}
	if err != nil {
		return process.Persisted{}, unavailable(err, attempted)
	}
	return persisted, nil
}

// batchColumns are the records, and the events of those that are a success.
type batchColumns struct {
	claims claimColumns
	events eventColumns
}

func columnsOf(records []process.Record) (batchColumns, error) {
	var c batchColumns
	seen := make(map[event.Identity]struct{}, len(records))
	for i := range records {
		r := &records[i]
		if _, twice := seen[r.Identity()]; twice {
			return c, fmt.Errorf("event id %q occurs twice", r.EventID)
		}
		seen[r.Identity()] = struct{}{}
		if err := c.claims.add(r); err != nil {
			return c, err
		}
		if r.Status == process.StatusSuccess {
			c.events.add(r)
		}
	}
	return c, nil
}

// arguments has the order of persist_batch.sql.
func (c *batchColumns) arguments(batch process.BatchID, announced []process.BatchID) []argument {
	notes := make([]int64, len(announced))
	for i, id := range announced {
		notes[i] = int64(id)
	}
	args := []argument{{pgtype.Int8OID, int64(batch)}, {pgtype.Int8ArrayOID, notes}}
	args = append(args, c.claims.arguments()...)
	return append(args, c.events.arguments()...)
}

type claimColumns struct {
	clients, ids             []string
	statuses, codes, reasons []string
	hashes                   [][]byte
	deliveries               []int32
	users                    []string // empty where the payload was not read
	received                 []time.Time
}

func (c *claimColumns) add(r *process.Record) error {
	hash, err := hex.DecodeString(r.SHA256)
	if err != nil {
		return fault.Wrap(fault.InvalidEvent, err, "the hash of the event is not hexadecimal")
	}
	code, reason := string(r.ErrorCode), storableReason(r.ErrorReason)
	if r.Status == process.StatusSuccess {
		code, reason = "", ""
	}
	c.clients = append(c.clients, r.Client)
	c.ids = append(c.ids, r.EventID)
	c.statuses = append(c.statuses, string(r.Status))
	c.hashes = append(c.hashes, hash)
	c.deliveries = append(c.deliveries, int32(max(r.Deliveries, 1)))
	c.codes = append(c.codes, code)
	c.reasons = append(c.reasons, reason)
	c.users = append(c.users, r.Event.UserID)
	c.received = append(c.received, r.ReceivedAt)
	return nil
}

func (c *claimColumns) arguments() []argument {
	return []argument{
		{pgtype.TextArrayOID, c.clients}, {pgtype.TextArrayOID, c.ids}, {pgtype.TextArrayOID, c.statuses}, {pgtype.ByteaArrayOID, c.hashes},
		{pgtype.Int4ArrayOID, c.deliveries}, {pgtype.TextArrayOID, c.codes}, {pgtype.TextArrayOID, c.reasons},
		{pgtype.TextArrayOID, c.users}, {pgtype.TimestamptzArrayOID, c.received},
	}
}

// eventColumns holds amounts as text: they become numeric in the database and
// are never a float.
type eventColumns struct {
	clients, ids                        []string
	received, timestamps                []time.Time
	users, amounts                      []string
	currencies, merchants, correlations []string
	payloads, buckets, keys             []string
}

func (c *eventColumns) add(r *process.Record) {
	e := &r.Event
	c.clients = append(c.clients, r.Client)
	c.ids = append(c.ids, r.EventID)
	c.received = append(c.received, r.ReceivedAt)
	c.timestamps = append(c.timestamps, e.Timestamp)
	c.users = append(c.users, e.UserID)
	c.amounts = append(c.amounts, e.Amount.String())
	c.currencies = append(c.currencies, e.Currency)
	c.merchants = append(c.merchants, e.Merchant)
	c.correlations = append(c.correlations, r.CorrelationID)
	c.payloads = append(c.payloads, r.Payload)
	c.buckets = append(c.buckets, r.Bucket)
	c.keys = append(c.keys, r.Key)
}

func (c *eventColumns) arguments() []argument {
	return []argument{
		{pgtype.TextArrayOID, c.clients}, {pgtype.TextArrayOID, c.ids}, {pgtype.TimestamptzArrayOID, c.received}, {pgtype.TimestamptzArrayOID, c.timestamps},
		{pgtype.TextArrayOID, c.users}, {pgtype.TextArrayOID, c.amounts}, {pgtype.TextArrayOID, c.currencies},
		{pgtype.TextArrayOID, c.merchants}, {pgtype.TextArrayOID, c.correlations}, {pgtype.TextArrayOID, c.payloads},
		{pgtype.TextArrayOID, c.buckets}, {pgtype.TextArrayOID, c.keys},
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
