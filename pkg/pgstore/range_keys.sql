-- Guarantees: names of events of one day, out of the index of its primary key alone and in
-- that order, $7 + 1 at most.
SELECT event_id, client, created_at
FROM events
WHERE created_at >= $1::timestamptz
  AND created_at < $2::timestamptz
  AND (event_id, client) > ($3::text, $4::text)
  AND ($5::text IS NULL OR client = $5::text)
  AND ($6::text IS NULL OR user_id = $6::text)
ORDER BY event_id, client
LIMIT $7::int4 + 1
