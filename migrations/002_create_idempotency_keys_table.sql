-- +goose Up
-- The annotation above is for the migrate command; psql -f takes it as a comment.

-- What became of each event id of a client that the processor has seen. The row of an id
-- is also the lock that makes concurrent deliveries of it take turns, so the table is whole:
-- a unique key cannot be partitioned by time. A row outlives its event.
CREATE TABLE idempotency_keys (
    client         TEXT COLLATE "C" NOT NULL DEFAULT '',
    event_id       TEXT COLLATE "C" NOT NULL,
    first_seen_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    last_seen_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- created_at of its event: the partition in which the event lies.
    stored_at      TIMESTAMPTZ,
    -- The call that stored the event, by which that call knows that it did.
    stored_by      BIGINT,
    -- The call whose batch publishes the event's notification; see announced_batches.
    announced_by   BIGINT,
    attempts       INTEGER     NOT NULL,
    status         TEXT        NOT NULL CHECK (status IN ('processing', 'success', 'failed')),
    payload_sha256 BYTEA       NOT NULL CHECK (octet_length(payload_sha256) = 32),
    error_code     TEXT,
    error_reason   TEXT,

    -- The id first: it tells two keys apart at the first look, which a client seldom does.
    PRIMARY KEY (event_id, client),
    CONSTRAINT idempotency_keys_success_is_stored CHECK (
        (status = 'success') = (stored_at IS NOT NULL)
    )
);

-- Finds the keys that have expired. A new row goes to its end, and no update touches it.
CREATE INDEX idempotency_keys_first_seen_at ON idempotency_keys (first_seen_at);

-- Serves the list of what failed or is under way, newest first. No success is in it, and
-- what it orders by never changes: an event that is stored at once costs it nothing, and
-- an update of a success stays within its page of the table (HOT).
CREATE INDEX idempotency_keys_unfinished ON idempotency_keys (client, status, first_seen_at DESC, event_id DESC)
    WHERE status <> 'success';

-- The batches whose notifications were all published. A note a batch, and not a mark in
-- each key, since a mark would write every key a second time. Ids begin with a time, so
-- old ones are pruned by range.
CREATE TABLE announced_batches (
    batch_id BIGINT PRIMARY KEY
);

-- Messages that were delivered often and on which work has begun and not ended. One
-- whose work ends the process leaves its row behind, and is told by it from those that
-- only waited for an outage to pass. Nothing is lost with a row, so the table is not
-- logged: it costs little, and a crash of the database empties it.
CREATE UNLOGGED TABLE watched_messages (
    message_id    TEXT        PRIMARY KEY,
    begun         INTEGER     NOT NULL DEFAULT 1,
    last_begun_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
