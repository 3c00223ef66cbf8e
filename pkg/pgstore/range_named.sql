-- Guarantees: the events of those names and times, each found by the primary key of its
-- day; those that are gone are left out. Written as a lateral look-up, which cannot become
-- a join that reads a partition whole.
SELECT e.client, e.event_id, e.correlation_id, e.user_id, e.amount::text, e.currency, e.merchant, e.ts,
       e.payload, e.payload_sha256, e.received_at, e.created_at,
       coalesce(e.s3_bucket, ''), coalesce(e.s3_key, ''), 0
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS k (event_id, client, created_at)
CROSS JOIN LATERAL (
    SELECT * FROM events AS e
    WHERE e.event_id = k.event_id AND e.client = k.client AND e.created_at = k.created_at
    OFFSET 0
) AS e
