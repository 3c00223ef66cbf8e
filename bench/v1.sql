-- The tables of Fluxa v1.
CREATE TABLE events (
    event_id       TEXT          PRIMARY KEY,
    correlation_id TEXT          NOT NULL,
    user_id        TEXT          NOT NULL,
    amount         NUMERIC(19,4) NOT NULL,
    currency       TEXT          NOT NULL,
    merchant       TEXT          NOT NULL,
    ts             TIMESTAMPTZ   NOT NULL,
    metadata_json  JSONB,
    payload_mode   TEXT          NOT NULL,
    payload_sha256 TEXT          NOT NULL,
    s3_bucket      TEXT,
    s3_key         TEXT,
    received_at    TIMESTAMPTZ   NOT NULL,
    created_at     TIMESTAMPTZ   NOT NULL DEFAULT now()
);
CREATE INDEX events_user ON events (user_id, ts DESC);

CREATE TABLE idempotency_keys (
    event_id       TEXT        PRIMARY KEY,
    status         TEXT        NOT NULL,
    payload_sha256 TEXT        NOT NULL,
    first_seen_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    last_seen_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    attempts       INTEGER     NOT NULL DEFAULT 1
);
