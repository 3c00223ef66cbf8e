-- Guarantees: the number of rows that range.sql gives from there to the end of the day,
-- out of the index alone unless a user is named.
SELECT count(*)
FROM events
WHERE created_at >= $1::timestamptz
  AND created_at < $2::timestamptz
  AND (event_id, client) > ($3::text, $4::text)
  AND ($5::text IS NULL OR client = $5::text)
  AND ($6::text IS NULL OR user_id = $6::text)
