-- Guarantees: of each partition no more is read than of the page, out of its index and
-- in its order; at most $7 + 1 rows in all, and no more than $8 bytes of payloads, but
-- for a first event that is larger alone. The length of a payload is known without
-- reading it. The column found counts what the index gave: more than what is returned
-- means that another page follows.
--
-- A bound that is not asked for comes as an infinite time rather than as null, so that
-- every condition is one the index answers.
WITH candidates AS (
    SELECT *, coalesce(octet_length(payload), 0) AS size
    FROM events
    WHERE client = $1::text
      AND user_id = $2::text
      AND ts >= $3::timestamptz
      AND ts < $4::timestamptz
      AND (ts, event_id) < ($5::timestamptz, $6::text)
    ORDER BY ts DESC, event_id DESC
    LIMIT $7::int4 + 1
),
measured AS (
    SELECT *, row_number() OVER newest AS place, sum(size) OVER newest AS bytes, count(*) OVER () AS found
    FROM candidates
    WINDOW newest AS (ORDER BY ts DESC, event_id DESC ROWS UNBOUNDED PRECEDING)
)
SELECT client, event_id, correlation_id, user_id, amount::text, currency, merchant, ts,
       payload, payload_sha256, received_at, created_at, found
FROM measured
WHERE place <= $7::int4 AND (place = 1 OR bytes <= $8::int8)
ORDER BY ts DESC, event_id DESC
