-- Guarantees: one row, of what the processor last wrote of the id, or none.
SELECT status, attempts, first_seen_at, last_seen_at, coalesce(error_code, ''), coalesce(error_reason, '')
FROM idempotency_keys
WHERE client = $1::text AND event_id = $2::text
