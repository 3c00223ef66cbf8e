-- +goose Up
-- The annotations are for the migrate command; psql -f takes them as comments.

-- Making and dropping a partition takes the owner of the table. The maintain function
-- logs in as a user who owns nothing, and is allowed these two functions, which do that
-- one thing as their owner (SECURITY DEFINER). A lock_timeout that the caller sets holds
-- for them.
--
-- A partition holds one day of created_at, in UTC, and is named for it.

-- Guarantees: the partition of the day is there, with what the default one held of that
-- day, whose number it returns; or an error, and nothing is changed.
-- +goose StatementBegin
CREATE FUNCTION make_partition(day date)
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
AS $function$
DECLARE
    name  text        := 'events_' || to_char(day, 'YYYYMMDD');
    since timestamptz := day::timestamp AT TIME ZONE 'UTC';
    until timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
    moved bigint;
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING ALL)', name);
    -- Nobody adds a row of the day between the move and the end of the transaction.
    LOCK TABLE events_default IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format('WITH moved AS (DELETE FROM events_default WHERE created_at >= %L AND created_at < %L RETURNING *) '
        'INSERT INTO %I SELECT * FROM moved', since, until, name);
    GET DIAGNOSTICS moved = ROW_COUNT;
    -- ATTACH needs a weaker lock of the whole table than CREATE … PARTITION OF: events are
    -- stored meanwhile.
    EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, since, until);
    RETURN moved;
END
$function$;
-- +goose StatementEnd

-- Guarantees: the partition of the day is gone with all its events, or an error.
-- +goose StatementBegin
CREATE FUNCTION drop_partition(day date)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
AS $function$
BEGIN
    EXECUTE format('DROP TABLE %I', 'events_' || to_char(day, 'YYYYMMDD'));
END
$function$;
-- +goose StatementEnd

-- Names mean the tables of this schema, whatever the caller's search_path and temporary
-- tables are (PostgreSQL, "Writing SECURITY DEFINER Functions Safely"), and nobody may
-- call the functions but who is granted it.
-- +goose StatementBegin
DO $pin$
BEGIN
    EXECUTE format('ALTER FUNCTION make_partition(date) SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION drop_partition(date) SET search_path = %I, pg_temp', current_schema());
END
$pin$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION make_partition(date), drop_partition(date) FROM PUBLIC;
