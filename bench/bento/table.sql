-- The fields of an event, with the types that Fluxa's table gives them.
CREATE TABLE events (
    event_id    TEXT          PRIMARY KEY,
    user_id     TEXT          NOT NULL,
    amount      NUMERIC(19,4) NOT NULL,
    currency    TEXT          NOT NULL,
    merchant    TEXT          NOT NULL,
    ts          TIMESTAMPTZ   NOT NULL,
    metadata    JSONB,
    received_at TIMESTAMPTZ   NOT NULL,
    created_at  TIMESTAMPTZ   NOT NULL DEFAULT now()
);
