-- Guarantees: no more is read than the page and one row, out of the index of what is not a
-- success and in its order. The status is written as the index has it, so that a plan made
-- without a look at the arguments uses it too.
SELECT event_id, status, attempts, first_seen_at, last_seen_at, coalesce(error_code, ''), coalesce(error_reason, '')
FROM idempotency_keys
WHERE status <> 'success'
  AND client = $1::text
  AND status = $2::text
  AND first_seen_at >= $3::timestamptz
  AND first_seen_at < $4::timestamptz
  AND (first_seen_at, event_id) < ($5::timestamptz, $6::text)
ORDER BY first_seen_at DESC, event_id DESC
LIMIT $7::int4 + 1
