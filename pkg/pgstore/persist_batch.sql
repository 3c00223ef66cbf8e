-- Guarantees: all of a batch or nothing of it, one event an id, and a success that
-- never changes again, however many batches name the same id at once. How, the migration
-- that makes the function says.
SELECT client, event_id, status, payload_sha256, attempts, inserted, notified
FROM persist_batch_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
