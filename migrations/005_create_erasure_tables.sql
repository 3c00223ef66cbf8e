-- +goose Up
-- The annotations are for the migrate command; psql -f takes them as comments.

-- Who erased whose events, and when. Nothing in it is personal: a user is a hash. Counts
-- are of what the erasure removed, in the transaction that removed it, so that they are
-- right after any interruption.
CREATE TABLE erasures (
    erasure_id  UUID        PRIMARY KEY,
    user_sha256 BYTEA       NOT NULL CHECK (octet_length(user_sha256) = 32),
    -- Whose events of the user; * stands for those of every client.
    client      TEXT        NOT NULL,
    erased_by   TEXT        NOT NULL,
    -- What was accepted until then is erased.
    erased_at   TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    events      BIGINT      NOT NULL DEFAULT 0,
    objects     BIGINT      NOT NULL DEFAULT 0
);

-- What must not be stored, though it was accepted: the hash of a user's id for all of
-- the user's events, that of a payload for one. persist_batch_v1 looks here.
CREATE TABLE erased_hashes (
    sha256     BYTEA       NOT NULL CHECK (octet_length(sha256) = 32),
    client     TEXT        NOT NULL,
    erased_at  TIMESTAMPTZ NOT NULL,
    erasure_id UUID        NOT NULL REFERENCES erasures,

    PRIMARY KEY (sha256, client)
);

-- Guarantees: whatever batch is persisted after the call refuses the user's events that
-- were accepted before it. The lock waits for the batches that looked before: had one of
-- them not committed yet, its events would come after the erasure has looked for them.
-- An erasure of the same user that has not finished goes on, and takes in what was
-- accepted since.
-- +goose StatementBegin
CREATE FUNCTION begin_erasure(text, text, uuid, text, OUT erasure_id uuid, OUT erased_at timestamptz)
LANGUAGE plpgsql
SECURITY DEFINER
AS $function$
#variable_conflict use_column
DECLARE
    of_user bytea := sha256(convert_to($1, 'UTF8'));
    begun   uuid;
    at      timestamptz;
BEGIN
    LOCK TABLE erased_hashes IN ACCESS EXCLUSIVE MODE;
    at := clock_timestamp();
    UPDATE erasures AS e SET erased_at = at
    WHERE e.user_sha256 = of_user AND e.client = $2 AND e.finished_at IS NULL
    RETURNING e.erasure_id INTO begun;
    IF begun IS NULL THEN
        INSERT INTO erasures (erasure_id, user_sha256, client, erased_by, erased_at) VALUES ($3, of_user, $2, $4, at);
        begun := $3;
    END IF;
    INSERT INTO erased_hashes AS h (sha256, client, erased_at, erasure_id) VALUES (of_user, $2, at, begun)
    ON CONFLICT (sha256, client) DO UPDATE SET erased_at = excluded.erased_at, erasure_id = excluded.erasure_id;
    $5 := begun;
    $6 := at;
END
$function$;
-- +goose StatementEnd

-- Guarantees: of the events, those of the user whom an erasure that has not finished names
-- are gone with their keys, noted, and counted, and no other. Who may call it cannot
-- delete events otherwise. $2 to $4 are the keys of the events.
-- +goose StatementBegin
CREATE FUNCTION erase_events(uuid, text[], text[], timestamptz[])
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
AS $function$
DECLARE
    of      erasures;
    gone    record;
    removed bigint := 0;
    large   bigint := 0;
BEGIN
    SELECT * INTO STRICT of FROM erasures AS e WHERE e.erasure_id = $1 AND e.finished_at IS NULL FOR UPDATE;
    FOR i IN 1 .. cardinality($2) LOOP
        DELETE FROM events AS e
        WHERE e.client = $2[i] AND e.event_id = $3[i] AND e.created_at = $4[i]
            AND sha256(convert_to(e.user_id, 'UTF8')) = of.user_sha256 AND of.client IN (e.client, '*') AND e.received_at <= of.erased_at
        RETURNING e.payload_sha256, e.s3_key INTO gone;
        CONTINUE WHEN NOT FOUND;
        DELETE FROM idempotency_keys AS k WHERE k.client = $2[i] AND k.event_id = $3[i] AND k.stored_at = $4[i];
        INSERT INTO erased_hashes AS h (sha256, client, erased_at, erasure_id) VALUES (gone.payload_sha256, $2[i], of.erased_at, $1)
        ON CONFLICT (sha256, client) DO UPDATE SET erased_at = excluded.erased_at, erasure_id = excluded.erasure_id;
        removed := removed + 1;
        large := large + (gone.s3_key IS NOT NULL)::int;
    END LOOP;
    UPDATE erasures AS e SET events = e.events + removed, objects = e.objects + large WHERE e.erasure_id = $1;
END
$function$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $pin$
BEGIN
    EXECUTE format('ALTER FUNCTION begin_erasure(text, text, uuid, text) SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION erase_events(uuid, text[], text[], timestamptz[]) SET search_path = %I, pg_temp', current_schema());
END
$pin$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION begin_erasure(text, text, uuid, text), erase_events(uuid, text[], text[], timestamptz[]) FROM PUBLIC;
