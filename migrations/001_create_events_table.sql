-- +goose Up
-- The annotation above is for the migrate command; psql -f takes it as a comment.

-- One row an event, written once and never changed. Texts that an index orders
-- use the "C" collation: it is the byte order that pages are cut by, and an
-- index of it outlives an upgrade of the operating system's locales.
CREATE TABLE events (
    event_id       TEXT COLLATE "C" PRIMARY KEY CHECK (event_id ~ '^[A-Za-z0-9._:-]{1,128}$'),
    correlation_id TEXT             NOT NULL CHECK (char_length(correlation_id) <= 128),
    user_id        TEXT COLLATE "C" NOT NULL CHECK (char_length(user_id) BETWEEN 1 AND 256),
    -- NUMERIC(19,4) pads to four decimals. amount_scale keeps how many the client
    -- wrote, so that 1.50 is read back as 1.50 and neither as 1.5 nor as 1.5000.
    -- (The upper bound is the type's own; it is there to keep NaN out.)
    amount         NUMERIC(19,4)    NOT NULL CHECK (amount > 0 AND amount < 1e15),
    amount_scale   SMALLINT         NOT NULL CHECK (amount_scale BETWEEN 0 AND 4),
    currency       TEXT             NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    merchant       TEXT             NOT NULL CHECK (char_length(merchant) BETWEEN 1 AND 512),
    ts             TIMESTAMPTZ      NOT NULL,
    -- Null when the client sent none, and for an S3 event: there it stays in the
    -- object.
    metadata_json  JSONB            CHECK (jsonb_typeof(metadata_json) = 'object'),
    payload_mode   TEXT             NOT NULL CHECK (payload_mode IN ('INLINE', 'S3')),
    payload_sha256 TEXT             NOT NULL CHECK (payload_sha256 ~ '^[0-9a-f]{64}$'),
    s3_bucket      TEXT,
    s3_key         TEXT,
    received_at    TIMESTAMPTZ      NOT NULL,
    created_at     TIMESTAMPTZ      NOT NULL DEFAULT now(),

    CONSTRAINT events_amount_keeps_its_decimals CHECK (amount = round(amount, amount_scale)),
    CONSTRAINT events_s3_place_iff_s3 CHECK (
        (payload_mode = 'S3') = (s3_bucket IS NOT NULL)
        AND (payload_mode = 'S3') = (s3_key IS NOT NULL)
        AND (payload_mode = 'INLINE' OR metadata_json IS NULL)
    )
);

-- Serves the one list there is: a user's events, newest first, cut by keyset.
CREATE INDEX events_user_newest_first ON events (user_id, ts DESC, event_id DESC);
