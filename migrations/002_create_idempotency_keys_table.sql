-- +goose Up
-- The annotation above is for the migrate command; psql -f takes it as a comment.

-- What became of each event id that the processor has seen. The row of an id is
-- also the lock that makes concurrent deliveries of it take turns, so it must
-- live as long as its event. Nothing but the primary key is indexed, and pages
-- keep some room: an update then stays within its page and touches no index.
CREATE TABLE idempotency_keys (
    event_id       TEXT COLLATE "C" PRIMARY KEY CHECK (event_id ~ '^[A-Za-z0-9._:-]{1,128}$'),
    status         TEXT        NOT NULL CHECK (status IN ('processing', 'success', 'failed')),
    payload_sha256 TEXT        NOT NULL CHECK (payload_sha256 ~ '^[0-9a-f]{64}$'),
    first_seen_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    last_seen_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    attempts       INTEGER     NOT NULL CHECK (attempts > 0),
    error_code     TEXT        CHECK (char_length(error_code) BETWEEN 1 AND 64),
    error_reason   TEXT        CHECK (char_length(error_reason) <= 1024),
    -- When the notification was published. A success without it is published
    -- again by the next delivery.
    notified_at    TIMESTAMPTZ,

    CONSTRAINT idempotency_keys_success_has_no_error CHECK (
        status <> 'success' OR (error_code IS NULL AND error_reason IS NULL)
    ),
    CONSTRAINT idempotency_keys_notified_is_success CHECK (
        notified_at IS NULL OR status = 'success'
    )
) WITH (fillfactor = 85);
