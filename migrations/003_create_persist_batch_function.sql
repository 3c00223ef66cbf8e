-- +goose Up
-- The annotations are for the migrate command; psql -f takes them as comments.

-- A released version of this function is never changed: processors of the release before
-- call it until they are replaced. A change is a new function with the next number.
--
-- Guarantees: all of a batch or nothing of it, one event an id, and a success that
-- never changes again, however many batches name the same id at once.
--
-- $1 is the id of this try of the call: a new one each time, so that a try whose answer
-- was lost is never taken for this one. $2 are batches that were announced since. $3 to
-- $11 are the columns of the claims, $12 to $23 those of the events. "Id" means that of a
-- client: the claims and the events name both.
--
-- What was accepted before its user was erased is neither claimed nor stored; its status
-- in the answer is 'erased'. Whose a claim is shows its user, or, when the erasure took the
-- object before the processor could read it, the hash of its payload. Where nobody was
-- ever erased the claims are not looked at.
--
-- It is a function for its plan: PL/pgSQL keeps one for the session, where a statement
-- that is sent is parsed and planned for each batch, which took half of the server's time
-- for ten events. A prepared statement would do the same, and pin the connection of an
-- RDS Proxy to its client (AWS, "Avoiding pinning an RDS Proxy"). The plan is made
-- without a look at the arrays, so it must not be one for short arrays only: without
-- nested loops the two are hashed.
--
-- It holds one statement, and so is one, under READ COMMITTED. What makes it safe there is
-- that the claim comes before the event and takes the lock of the id:
--   * A claim of an id that another batch holds waits for that batch's commit and then
--     decides on the row as committed (ON CONFLICT DO UPDATE reads the newest version,
--     not the snapshot). So of two payloads exactly one sees itself win, and the count
--     of attempts misses none.
--   * Claims are made in the order of the ids, the same in every batch, so that two
--     batches never wait for each other.
--   * An event is inserted only under a claim that bears this call's id: one that found
--     no success. So no look at the events themselves is needed, in no partition.
--   * A record that was not yet a success belongs to whoever comes: a redriven message
--     that is now good takes it over, with another payload too.
--   * A success that is not announced yet is announced by whoever meets it with the
--     same payload. What $2 says counts before it is visible to this statement.
-- +goose StatementBegin
CREATE FUNCTION persist_batch_v1(
    int8, int8[],
    text[], text[], text[], bytea[], int4[], text[], text[], text[], timestamptz[],
    text[], text[], timestamptz[], timestamptz[], text[], text[], text[], text[], text[], text[], text[], text[]
)
RETURNS TABLE (client text, event_id text, status text, payload_sha256 bytea, attempts int4, inserted boolean, notified boolean)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_nestloop = off
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH noted AS (
        INSERT INTO announced_batches (batch_id)
        SELECT unnest($2::int8[])
        ON CONFLICT DO NOTHING
    ),
    claims AS MATERIALIZED (
        SELECT r.*,
               CASE WHEN (SELECT EXISTS (SELECT FROM erased_hashes))
                    THEN coalesce((
                        SELECT true FROM erased_hashes AS x
                        WHERE x.sha256 = CASE WHEN r.user_id <> '' THEN sha256(convert_to(r.user_id, 'UTF8'))
                                              WHEN r.error_code = 'payload_missing' THEN r.payload_sha256 END
                            AND x.client IN (r.client, '*') AND x.erased_at >= r.received_at
                        LIMIT 1), false)
                    ELSE false END AS erased
        FROM unnest($3::text[], $4::text[], $5::text[], $6::bytea[], $7::int4[], $8::text[], $9::text[], $10::text[], $11::timestamptz[])
            AS r (client, event_id, status, payload_sha256, deliveries, error_code, error_reason, user_id, received_at)
    ),
    claimed AS (
        INSERT INTO idempotency_keys AS k
            (client, event_id, status, payload_sha256, attempts, error_code, error_reason, stored_at, stored_by, announced_by)
        SELECT client, event_id, status, payload_sha256, deliveries, nullif(error_code, ''), nullif(error_reason, ''),
               CASE WHEN status = 'success' THEN now() END,
               CASE WHEN status = 'success' THEN $1::int8 END,
               CASE WHEN status = 'success' THEN $1::int8 END
        FROM claims
        WHERE NOT erased
        ORDER BY event_id COLLATE "C", client COLLATE "C"
        ON CONFLICT (event_id, client) DO UPDATE SET
            status         = CASE WHEN k.status = 'success' THEN k.status         ELSE excluded.status         END,
            payload_sha256 = CASE WHEN k.status = 'success' THEN k.payload_sha256 ELSE excluded.payload_sha256 END,
            error_code     = CASE WHEN k.status = 'success' THEN k.error_code     ELSE excluded.error_code     END,
            error_reason   = CASE WHEN k.status = 'success' THEN k.error_reason   ELSE excluded.error_reason   END,
            stored_at      = CASE WHEN k.status = 'success' THEN k.stored_at      ELSE excluded.stored_at      END,
            stored_by      = CASE WHEN k.status = 'success' THEN k.stored_by      ELSE excluded.stored_by      END,
            announced_by   = CASE
                WHEN k.status <> 'success' THEN excluded.announced_by
                WHEN excluded.status <> 'success' OR k.payload_sha256 <> excluded.payload_sha256
                    OR k.announced_by = ANY ($2::int8[])
                    OR EXISTS (SELECT FROM announced_batches AS a WHERE a.batch_id = k.announced_by) THEN k.announced_by
                ELSE excluded.announced_by END,
            attempts       = CASE WHEN k.status = 'success' AND k.payload_sha256 <> excluded.payload_sha256
                                  THEN k.attempts ELSE k.attempts + excluded.attempts END,
            last_seen_at   = CASE WHEN k.status = 'success' AND k.payload_sha256 <> excluded.payload_sha256
                                  THEN k.last_seen_at ELSE greatest(k.last_seen_at, excluded.last_seen_at) END
        RETURNING k.client, k.event_id, k.status, k.payload_sha256, k.attempts, k.stored_at, k.announced_by,
                  k.status = 'success' AND k.stored_by = $1::int8 AS inserted
    ),
    stored AS (
        INSERT INTO events
            (client, event_id, created_at, received_at, ts, user_id, amount, currency, merchant, correlation_id,
             payload_sha256, payload, s3_bucket, s3_key)
        SELECT c.client, c.event_id, c.stored_at, e.received_at, e.ts, e.user_id, e.amount::numeric, e.currency, e.merchant,
               e.correlation_id, c.payload_sha256, nullif(e.payload, ''), nullif(e.s3_bucket, ''), nullif(e.s3_key, '')
        FROM unnest($12::text[], $13::text[], $14::timestamptz[], $15::timestamptz[], $16::text[], $17::text[],
                    $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[])
            AS e (client, event_id, received_at, ts, user_id, amount, currency, merchant,
                  correlation_id, payload, s3_bucket, s3_key)
        JOIN claimed AS c ON c.client = e.client AND c.event_id = e.event_id AND c.inserted
    )
    SELECT client, event_id, status, payload_sha256, attempts, inserted,
           CASE WHEN status <> 'success' OR announced_by = $1::int8 THEN false
                ELSE announced_by = ANY ($2::int8[])
                    OR EXISTS (SELECT FROM announced_batches AS a WHERE a.batch_id = announced_by) END AS notified
    FROM claimed
    UNION ALL
    SELECT client, event_id, 'erased', payload_sha256, 0, false, false FROM claims WHERE erased;
END
$function$;
-- +goose StatementEnd
