-- The users of the database. The migrate command runs this before the migrations, each
-- time, as the user it logs in with: the master user of Amazon RDS, or any user that may
-- create roles. What is there already is left as it is; psql -f runs it too.
--
-- fluxa_owner owns the tables and logs in nowhere. The others own nothing, and have what
-- grants.sql gives them. On Amazon RDS they log in with an IAM token and have no password
-- (rds_iam; Amazon RDS User Guide, "Creating a database account using IAM
-- authentication"). Elsewhere the command gives passwords: fluxa.passwords is a JSON
-- object of user and password.
--
-- Never make the master user a member of a user that has rds_iam: it would have to log in
-- with a token too ("IAM database authentication", Limitations). PostgreSQL 16 and newer
-- make whoever creates a role an administrator of it, without inheriting from it; that
-- does not count.

-- Roles belong to the server, not to the database: deploys take turns.
SELECT pg_advisory_xact_lock(hashtextextended('fluxa.users', 0));

DO $users$
DECLARE
    users     text[] := ARRAY['fluxa_processor', 'fluxa_query', 'fluxa_maintain', 'fluxa_operator'];
    passwords jsonb  := coalesce(nullif(nullif(current_setting('fluxa.passwords', true), ''), 'null'), '{}')::jsonb;
    iam       regrole := to_regrole('rds_iam');
    name      text;
    thing     record;
BEGIN
    FOREACH name IN ARRAY users || 'fluxa_owner'::text LOOP
        IF to_regrole(name) IS NULL THEN
            EXECUTE format('CREATE ROLE %I', name);
        END IF;
    END LOOP;
    FOREACH name IN ARRAY users LOOP
        IF NOT (SELECT rolcanlogin FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('ALTER ROLE %I LOGIN', name);
        END IF;
        IF NOT EXISTS (SELECT FROM pg_auth_members WHERE roleid = iam AND member = to_regrole(name)) AND iam IS NOT NULL THEN
            EXECUTE format('GRANT rds_iam TO %I', name);
        END IF;
        IF passwords ? name THEN
            EXECUTE format('ALTER ROLE %I PASSWORD %L', name, passwords ->> name);
        END IF;
    END LOOP;

    -- The migrations are applied as the owner.
    IF NOT pg_has_role('fluxa_owner', 'USAGE') THEN
        GRANT fluxa_owner TO CURRENT_USER;
    END IF;
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO fluxa_owner', current_schema());
    -- GRANT only warns of a right that its user may not pass on. Nothing may stay changed then.
    IF NOT has_schema_privilege('fluxa_owner', current_schema(), 'USAGE') OR NOT has_schema_privilege('fluxa_owner', current_schema(), 'CREATE') THEN
        RAISE insufficient_privilege USING MESSAGE = format('permission denied for schema %s', current_schema());
    END IF;

    -- What an earlier release made belongs to the user it logged in with.
    FOR thing IN
        SELECT format('%s %s', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass) AS name
        FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v') AND relowner <> 'fluxa_owner'::regrole
            AND relname ~ '^(events(_default|_v1|_[0-9]{8})?|idempotency_keys|announced_batches|watched_messages|erasures|erased_hashes|goose_db_version)$'
        UNION ALL
        SELECT format('FUNCTION %s', oid::regprocedure)
        FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND proowner <> 'fluxa_owner'::regrole
            AND proname ~ '^(persist_batch_v[0-9]+|(make|drop)_partition|begin_erasure|erase_events)$'
    LOOP
        EXECUTE format('ALTER %s OWNER TO fluxa_owner', thing.name);
    END LOOP;
END
$users$;
