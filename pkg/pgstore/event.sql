-- Guarantees: one partition is read. Its time is that of the key, which the server knows
-- before it begins to read any.
SELECT client, event_id, correlation_id, user_id, amount::text, currency, merchant, ts,
       payload, payload_sha256, received_at, created_at
FROM events
WHERE client = $1::text
  AND event_id = $2::text
  AND created_at = (SELECT stored_at FROM idempotency_keys WHERE client = $1::text AND event_id = $2::text)
