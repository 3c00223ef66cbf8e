-- The amount of one event, written with every decimal that was stored.
SELECT amount::text FROM events WHERE event_id = $1
