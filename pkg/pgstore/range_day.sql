-- Guarantees: the first day from $1 on and before the time $2 that may have events: one
-- that has a partition, or events in the default one, which should have none. Null when
-- there is no such day. No row of a day's partition is read.
SELECT min(day)
FROM (
    SELECT to_date(right(c.relname, 8), 'YYYYMMDD') AS day
    FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'events'::regclass AND c.relname ~ '^events_[0-9]{8}$'
    UNION ALL
    SELECT (created_at AT TIME ZONE 'UTC')::date FROM events_default
) AS days
WHERE day >= $1::date AND day < $2::timestamptz AT TIME ZONE 'UTC'
