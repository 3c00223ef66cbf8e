-- Guarantees: rows of one day alone, out of the index of its primary key and in that order,
-- so that the pages of a day read each of its rows about once: no index of created_at is
-- needed, which would cost each insert. The time is in the index, too: a row of another
-- hour is passed over without reading it. Of one user, the index of a user's events is read
-- instead, and sorted. At most $7 + 1 rows are read, and no more than $8 bytes of payloads
-- returned, but for a first event that is larger alone. More found than returned means that
-- the day goes on.
--
-- $1 and $2 lie in one day of UTC, so that no other partition is looked at. A null in $5 or
-- $6 asks for any: the server plans with the arguments, and drops the condition.
WITH candidates AS (
    SELECT *, coalesce(octet_length(payload), 0) AS size
    FROM events
    WHERE created_at >= $1::timestamptz
      AND created_at < $2::timestamptz
      AND (event_id, client) > ($3::text, $4::text)
      AND ($5::text IS NULL OR client = $5::text)
      AND ($6::text IS NULL OR user_id = $6::text)
    ORDER BY event_id, client
    LIMIT $7::int4 + 1
),
measured AS (
    SELECT *, row_number() OVER walk AS place, sum(size) OVER walk AS bytes, count(*) OVER () AS found
    FROM candidates
    WINDOW walk AS (ORDER BY event_id, client ROWS UNBOUNDED PRECEDING)
)
SELECT client, event_id, correlation_id, user_id, amount::text, currency, merchant, ts,
       payload, payload_sha256, received_at, created_at,
       coalesce(s3_bucket, ''), coalesce(s3_key, ''), found
FROM measured
WHERE place <= $7::int4 AND (place = 1 OR bytes <= $8::int8)
ORDER BY event_id, client
