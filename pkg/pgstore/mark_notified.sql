-- Guarantees: the first time of a notification is kept, and only a stored event
-- has one. Rows are locked in the order of their ids, as persist_batch.sql does,
-- so that neither ever waits for the other in a circle.
WITH due AS (
    SELECT event_id
    FROM idempotency_keys
    WHERE event_id = ANY ($1::text[]) AND status = 'success' AND notified_at IS NULL
    ORDER BY event_id
    FOR NO KEY UPDATE
)
UPDATE idempotency_keys AS k
SET notified_at = clock_timestamp()
FROM due
WHERE k.event_id = due.event_id
