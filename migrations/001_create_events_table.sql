-- +goose Up
-- The annotation above is for the migrate command; psql -f takes it as a comment.

-- One row an event, written once and never changed. The table is partitioned by
-- the time at which an event was stored: that is what retention counts from, and new
-- rows always go to the end of one small index. The maintain function makes the
-- partitions of the days ahead and drops those that have expired.
--
-- The decoder of the processor guarantees what an event looks like, and its fuzz
-- tests prove it. A constraint is here only where it costs next to nothing and what
-- it catches could not be mended later. What each costs is measured by `make bench`, in
-- docs/performance/processor.md: all checks together a sixth at most.
--
-- Texts that an index orders use the "C" collation: it is the byte order that pages
-- are cut by, and an index of it outlives an upgrade of the operating system's
-- locales.
CREATE TABLE events (
    -- Whose event it is: an id belongs to its client. Empty in a stage without clients.
    client         TEXT COLLATE "C" NOT NULL DEFAULT '',
    event_id       TEXT COLLATE "C" NOT NULL,
    created_at     TIMESTAMPTZ      NOT NULL,
    received_at    TIMESTAMPTZ      NOT NULL,
    ts             TIMESTAMPTZ      NOT NULL,
    user_id        TEXT COLLATE "C" NOT NULL,
    -- Without a scale of its own, NUMERIC keeps the decimals of each value: 1.50 is
    -- read back as 1.50, neither as 1.5 nor as 1.5000. The upper bound keeps NaN out.
    amount         NUMERIC          NOT NULL CHECK (amount > 0 AND amount < 1e15),
    currency       TEXT             NOT NULL,
    merchant       TEXT             NOT NULL,
    correlation_id TEXT             NOT NULL,
    payload_sha256 BYTEA            NOT NULL CHECK (octet_length(payload_sha256) = 32),
    -- The exact bytes that were accepted; null for an event whose payload is an object
    -- in S3.
    payload        TEXT,
    s3_bucket      TEXT,
    s3_key         TEXT,

    PRIMARY KEY (event_id, client, created_at),
    CONSTRAINT events_payload_is_inline_or_in_s3 CHECK (
        (payload IS NULL) = (s3_key IS NOT NULL) AND (payload IS NULL) = (s3_bucket IS NOT NULL)
    )
) PARTITION BY RANGE (created_at);

-- Serves the one list of events: a user's events at one client, newest first, cut by keyset.
CREATE INDEX events_user_newest_first ON events (user_id, client, ts DESC, event_id DESC);

-- Takes what no other partition takes, so that an event never fails for want of one.
-- It should be empty: the maintain function moves its rows, and an alarm reports them.
CREATE TABLE events_default PARTITION OF events DEFAULT;

-- The columns of Fluxa v1, for people's SQL, and the client, which v1 did not have.
CREATE VIEW events_v1 AS
SELECT event_id,
       correlation_id,
       user_id,
       amount::NUMERIC(19,4)                                  AS amount,
       currency,
       merchant,
       ts,
       payload::JSONB -> 'metadata'                           AS metadata_json,
       CASE WHEN payload IS NULL THEN 'S3' ELSE 'INLINE' END  AS payload_mode,
       encode(payload_sha256, 'hex')                          AS payload_sha256,
       s3_bucket,
       s3_key,
       received_at,
       created_at,
       client
FROM events;
