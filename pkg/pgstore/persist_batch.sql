-- Guarantees: all of a batch or nothing of it, one row an event id, and a
-- success that never changes again, however many batches name the same id at
-- once.
--
-- One statement is one transaction under READ COMMITTED. What makes it safe
-- there is that the claim comes before the event and takes the lock of the id:
--   * A claim of an id that another batch holds waits for that batch's commit
--     and then decides on the row as committed (ON CONFLICT DO UPDATE reads the
--     newest version, not the snapshot). So of two payloads exactly one sees
--     itself win, and the count of attempts misses none.
--   * Claims are made in the order of the ids, the same in every batch, so that
--     two batches never wait for each other.
--   * An event is inserted only under the claim of its id that won. Whoever
--     inserted it before had the same claim and has committed, thus DO NOTHING
--     sees it and never waits.
--   * A record that was not yet a success belongs to whoever comes: a redriven
--     message that is now good takes it over, with another payload too.
WITH claimed AS (
    INSERT INTO idempotency_keys AS k
        (event_id, status, payload_sha256, attempts, error_code, error_reason)
    SELECT event_id, status, payload_sha256, deliveries, nullif(error_code, ''), nullif(error_reason, '')
    FROM unnest($1::text[], $2::text[], $3::text[], $4::int4[], $5::text[], $6::text[])
        AS r (event_id, status, payload_sha256, deliveries, error_code, error_reason)
    ORDER BY event_id COLLATE "C"
    ON CONFLICT (event_id) DO UPDATE SET
        status         = CASE WHEN k.status = 'success' THEN k.status         ELSE excluded.status         END,
        payload_sha256 = CASE WHEN k.status = 'success' THEN k.payload_sha256 ELSE excluded.payload_sha256 END,
        error_code     = CASE WHEN k.status = 'success' THEN k.error_code     ELSE excluded.error_code     END,
        error_reason   = CASE WHEN k.status = 'success' THEN k.error_reason   ELSE excluded.error_reason   END,
        attempts       = CASE WHEN k.status = 'success' AND k.payload_sha256 <> excluded.payload_sha256
                              THEN k.attempts ELSE k.attempts + excluded.attempts END,
        last_seen_at   = CASE WHEN k.status = 'success' AND k.payload_sha256 <> excluded.payload_sha256
                              THEN k.last_seen_at ELSE greatest(k.last_seen_at, excluded.last_seen_at) END
    RETURNING k.event_id, k.status, k.payload_sha256, k.attempts, k.notified_at IS NOT NULL AS notified
),
stored AS (
    INSERT INTO events
        (event_id, payload_sha256, correlation_id, user_id, amount, amount_scale, currency, merchant, ts,
         metadata_json, payload_mode, s3_bucket, s3_key, received_at)
    SELECT e.event_id, e.payload_sha256, e.correlation_id, e.user_id, e.amount::numeric, e.amount_scale, e.currency,
           e.merchant, e.ts, nullif(e.metadata, '')::jsonb, e.payload_mode, nullif(e.s3_bucket, ''),
           nullif(e.s3_key, ''), e.received_at
    FROM unnest($7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::int2[], $13::text[], $14::text[],
                $15::timestamptz[], $16::text[], $17::text[], $18::text[], $19::text[], $20::timestamptz[])
        AS e (event_id, payload_sha256, correlation_id, user_id, amount, amount_scale, currency, merchant,
              ts, metadata, payload_mode, s3_bucket, s3_key, received_at)
    JOIN claimed ON claimed.event_id = e.event_id
        AND claimed.payload_sha256 = e.payload_sha256
        AND claimed.status = 'success'
    ON CONFLICT (event_id) DO NOTHING
    RETURNING event_id
)
SELECT claimed.event_id, claimed.status, claimed.payload_sha256, claimed.attempts, claimed.notified,
       stored.event_id IS NOT NULL AS inserted
FROM claimed LEFT JOIN stored ON stored.event_id = claimed.event_id
