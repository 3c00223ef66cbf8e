-- Guarantees: at most $6 + 1 rows are read, out of the index and in its order,
-- and no more than $7 bytes of metadata are sent, but for a first event that is
-- larger alone. The column found counts what was read: more than what is
-- returned means that another page follows.
--
-- A bound that is not asked for comes as an infinite time rather than as null,
-- so that every condition is one the index answers.
WITH candidates AS (
    SELECT *, coalesce(octet_length(metadata_json::text), 0) AS size
    FROM events
    WHERE user_id = $1::text
      AND ts >= $2::timestamptz
      AND ts < $3::timestamptz
      AND (ts, event_id) < ($4::timestamptz, $5::text)
    ORDER BY ts DESC, event_id DESC
    LIMIT $6::int4 + 1
),
measured AS (
    SELECT *, row_number() OVER newest AS place, sum(size) OVER newest AS bytes, count(*) OVER () AS found
    FROM candidates
    WINDOW newest AS (ORDER BY ts DESC, event_id DESC ROWS UNBOUNDED PRECEDING)
)
SELECT event_id, correlation_id, user_id, round(amount, amount_scale)::text, currency, merchant, ts,
       metadata_json::text, payload_mode, payload_sha256, received_at, created_at, found
FROM measured
WHERE place <= $6::int4 AND (place = 1 OR bytes <= $7::int8)
ORDER BY ts DESC, event_id DESC
