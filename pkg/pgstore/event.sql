-- Guarantees: one partition is read. Its time is that of the key, which the server knows
-- before it begins to read any.
SELECT event_id, correlation_id, user_id, amount::text, currency, merchant, ts,
       payload, payload_sha256, received_at, created_at
FROM events
WHERE event_id = $1::text
  AND created_at = (SELECT stored_at FROM idempotency_keys WHERE event_id = $1::text)
