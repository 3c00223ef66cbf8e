-- Guarantees: the amount with the decimals it was sent with.
SELECT event_id, correlation_id, user_id, round(amount, amount_scale)::text, currency, merchant, ts,
       metadata_json::text, payload_mode, payload_sha256, received_at, created_at
FROM events
WHERE event_id = $1::text
