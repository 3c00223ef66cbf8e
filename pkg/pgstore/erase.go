package pgstore

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/erase"
	"github.com/fluxa/fluxa/pkg/fault"
)

var _ erase.Store = (*Store)(nil)

// BeginErasure makes every batch that is persisted from then on refuse what was accepted of
// the user before. It waits a moment for those under way. Returns a DatabaseUnavailable
// fault, also when these did not end in time.
func (s *Store) BeginErasure(ctx context.Context, of erase.Subject, by string) (begun erase.Begun, err error) {
	err = s.alter(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, "SELECT erasure_id::text, erased_at FROM begin_erasure($1::text, $2::text, $3::uuid, $4::text)",
			of.UserID, of.Client, uuid.NewString(), by).Scan(&begun.ID, &begun.At)
	})
	begun.At = begun.At.UTC()
	return begun, unavailable(err, "begin an erasure")
}

const ofSubject = `user_id = $1::text AND ($2::text = '*' OR client = $2::text) AND received_at <= $3::timestamptz`

// UserEvents returns up to limit events of a user that were accepted until a time. Returns
// a DatabaseUnavailable fault.
func (s *Store) UserEvents(ctx context.Context, of erase.Subject, until time.Time, limit int) (found []erase.Event, err error) {
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "SELECT client, event_id, created_at, payload_sha256, coalesce(s3_key, '') FROM events WHERE "+ofSubject+" LIMIT $4::int8",
			of.UserID, of.Client, until, int64(limit))
		if err != nil {
			return err
		}
		found = nil
		var next erase.Event
		var hash []byte
		_, err = pgx.ForEachRow(rows, []any{&next.Client, &next.ID, &next.StoredAt, &hash, &next.Key}, func() error {
			next.SHA256 = hex.EncodeToString(hash)
			found = append(found, next)
			return nil
		})
		return err
	})
	return found, unavailable(err, "find the events of a user")
}

// CountUserEvents counts the events of a user that were accepted until a time, and how many
// have an object. Returns a DatabaseUnavailable fault.
func (s *Store) CountUserEvents(ctx context.Context, of erase.Subject, until time.Time) (counts erase.Counts, err error) {
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT count(*), count(s3_key) FROM events WHERE "+ofSubject, of.UserID, of.Client, until).Scan(&counts.Events, &counts.Objects)
	})
	return counts, unavailable(err, "count the events of a user")
}

const noteHash = `
	INSERT INTO erased_hashes (sha256, client, erased_at, erasure_id) VALUES ($1::bytea, $2::text, $3::timestamptz, $4::uuid)
	ON CONFLICT (sha256, client) DO UPDATE SET erased_at = excluded.erased_at, erasure_id = excluded.erasure_id
	WHERE erased_hashes.erased_at < excluded.erased_at`

// EraseEvents removes events of the user, with their keys, and adds them to the erasure's
// record, all or nothing. Events that are gone already count for nothing. Returns a
// DatabaseUnavailable fault.
func (s *Store) EraseEvents(ctx context.Context, of erase.Begun, events []erase.Event) error {
	var clients, ids []string
	var stored []time.Time
	for _, e := range events {
		clients, ids, stored = append(clients, e.Client), append(ids, e.ID), append(stored, e.StoredAt)
	}
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "SELECT erase_events($1::uuid, $2::text[], $3::text[], $4::timestamptz[])", of.ID.String(), clients, ids, stored)
		return err
	})
	return unavailable(err, fmt.Sprintf("erase %d events", len(events)))
}

// Unstored returns those of the objects that belong to no stored event. Returns a
// DatabaseUnavailable fault.
func (s *Store) Unstored(ctx context.Context, objects []erase.Object) (unstored []erase.Object, err error) {
	var clients, ids, keys []string
	byKey := make(map[string]erase.Object, len(objects))
	for _, o := range objects {
		clients, ids, keys = append(clients, o.Client), append(ids, o.ID), append(keys, o.Key)
		byKey[o.Key] = o
	}
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			SELECT o.key FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS o (client, event_id, key, place)
			WHERE NOT EXISTS (
				SELECT FROM events AS e
				WHERE e.event_id = o.event_id AND e.client = o.client AND e.s3_key = o.key
					AND e.created_at = (SELECT k.stored_at FROM idempotency_keys AS k WHERE k.event_id = o.event_id AND k.client = o.client))
			ORDER BY o.place`, clients, ids, keys)
		if err != nil {
			return err
		}
		unstored = nil
		var key string
		_, err = pgx.ForEachRow(rows, []any{&key}, func() error {
			unstored = append(unstored, byKey[key])
			return nil
		})
		return err
	})
	return unstored, unavailable(err, "look which objects belong to events")
}

// NoteErased notes, once, that an object is removed that belongs to no event. Returns a
// DatabaseUnavailable fault.
func (s *Store) NoteErased(ctx context.Context, of erase.Begun, object erase.Object) error {
	hash, err := hex.DecodeString(object.SHA256)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the hash in the object's key is not hexadecimal")
	}
	err = s.inTransaction(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, noteHash, hash, object.Client, of.At, of.ID.String())
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE erasures SET objects = objects + $2::int8 WHERE erasure_id = $1::uuid", of.ID.String(), tag.RowsAffected())
		return err
	})
	return unavailable(err, "note the erasure of an object")
}

// FinishErasure closes the record and returns what it counts. Returns a
// DatabaseUnavailable fault.
func (s *Store) FinishErasure(ctx context.Context, of erase.Begun) (counts erase.Counts, err error) {
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `
			UPDATE erasures SET finished_at = coalesce(finished_at, now()) WHERE erasure_id = $1::uuid
			RETURNING events, objects`, of.ID.String()).Scan(&counts.Events, &counts.Objects)
	})
	return counts, unavailable(err, "finish an erasure")
}

// Erased returns those of the hashes of payloads that were erased. Returns a
// DatabaseUnavailable fault.
func (s *Store) Erased(ctx context.Context, hashes []string) (erased []string, err error) {
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			SELECT h FROM unnest($1::text[]) AS h
			WHERE EXISTS (SELECT FROM erased_hashes AS x WHERE x.sha256 = decode(h, 'hex'))`, hashes)
		if err != nil {
			return err
		}
		erased, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return erased, unavailable(err, "look which payloads were erased")
}
