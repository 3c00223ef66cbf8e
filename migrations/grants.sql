-- What each user may do, all of it, and nothing else: a grant that is not here is taken
-- away. The migrate command runs this after the migrations, each time, in one
-- transaction; psql -f runs it too. Each grant has its statement in the product
-- (TestGrants tries those, and what is not granted).

SELECT pg_advisory_xact_lock(hashtextextended('fluxa.users', 0));

DO $schema$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO fluxa_processor, fluxa_query, fluxa_maintain, fluxa_operator', current_schema());
END
$schema$;

REVOKE ALL ON events, events_default, events_v1, idempotency_keys, announced_batches, watched_messages, erasures, erased_hashes
    FROM PUBLIC, fluxa_processor, fluxa_query, fluxa_maintain, fluxa_operator;
REVOKE ALL ON FUNCTION persist_batch_v1, make_partition, drop_partition, begin_erasure, erase_events
    FROM PUBLIC, fluxa_processor, fluxa_query, fluxa_maintain, fluxa_operator;

-- processor: stores events and what became of each id, and reads an event to compare it
-- with another payload of the same id. persist_batch_v1 runs with the caller's rights.
GRANT EXECUTE ON FUNCTION persist_batch_v1 TO fluxa_processor;
GRANT SELECT, INSERT ON events TO fluxa_processor;
GRANT SELECT, INSERT, UPDATE ON idempotency_keys TO fluxa_processor;
GRANT SELECT, INSERT ON announced_batches TO fluxa_processor;
GRANT SELECT, INSERT, UPDATE, DELETE ON watched_messages TO fluxa_processor;
GRANT SELECT ON erased_hashes TO fluxa_processor;

-- query: reads.
GRANT SELECT ON events, idempotency_keys TO fluxa_query;

-- maintain: makes and drops partitions, counts what the default one holds, and prunes. To
-- skip a key that somebody holds it locks the others, which takes UPDATE on some column. It
-- reads the events to replay, audit and export them.
GRANT EXECUTE ON FUNCTION make_partition, drop_partition TO fluxa_maintain;
GRANT SELECT ON events TO fluxa_maintain;
GRANT SELECT (created_at) ON events_default TO fluxa_maintain;
GRANT SELECT (client, event_id, first_seen_at, last_seen_at, stored_at), UPDATE (error_reason), DELETE ON idempotency_keys TO fluxa_maintain;
GRANT SELECT (batch_id), DELETE ON announced_batches TO fluxa_maintain;

-- maintain, for operators: erases a user's events, and notes it.
GRANT EXECUTE ON FUNCTION begin_erasure, erase_events TO fluxa_maintain;
GRANT SELECT (erasure_id, finished_at, events, objects), UPDATE (finished_at, objects) ON erasures TO fluxa_maintain;
GRANT SELECT, INSERT, UPDATE (erased_at, erasure_id) ON erased_hashes TO fluxa_maintain;

-- operator: people with psql. They read everything; a repair is made as fluxa_owner.
GRANT SELECT ON events, events_default, events_v1, idempotency_keys, announced_batches, watched_messages, erasures, erased_hashes TO fluxa_operator;
