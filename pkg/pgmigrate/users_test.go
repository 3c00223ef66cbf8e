package pgmigrate_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

// rights lists what the users own and were granted in the schema, columns and functions
// included, and what everybody was granted.
func rights(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `
		WITH granted AS (
			SELECT relname::text AS thing, (aclexplode(relacl)).* FROM pg_class WHERE relnamespace = current_schema()::regnamespace
			UNION ALL
			SELECT relname || '.' || attname, (aclexplode(attacl)).* FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
			WHERE relnamespace = current_schema()::regnamespace
			UNION ALL
			SELECT proname, (aclexplode(coalesce(proacl, acldefault('f', proowner)))).* FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
			UNION ALL
			SELECT 'schema', (aclexplode(nspacl)).* FROM pg_namespace WHERE nspname = current_schema()
		)
		SELECT DISTINCT format('%s: %s %s', coalesce(rolname, 'PUBLIC'), privilege_type, thing)
		FROM granted LEFT JOIN pg_roles ON pg_roles.oid = grantee
		WHERE coalesce(rolname, 'PUBLIC') IN ('PUBLIC', 'fluxa_processor', 'fluxa_query', 'fluxa_maintain', 'fluxa_operator')
		ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

var granted = []string{
	"fluxa_maintain: DELETE announced_batches",
	"fluxa_maintain: DELETE idempotency_keys",
	"fluxa_maintain: EXECUTE begin_erasure",
	"fluxa_maintain: EXECUTE drop_partition",
	"fluxa_maintain: EXECUTE erase_events",
	"fluxa_maintain: EXECUTE make_partition",
	"fluxa_maintain: INSERT erased_hashes",
	"fluxa_maintain: SELECT announced_batches.batch_id",
	"fluxa_maintain: SELECT erased_hashes",
	"fluxa_maintain: SELECT erasures.erasure_id",
	"fluxa_maintain: SELECT erasures.events",
	"fluxa_maintain: SELECT erasures.finished_at",
	"fluxa_maintain: SELECT erasures.objects",
	"fluxa_maintain: SELECT events",
	"fluxa_maintain: SELECT events_default.created_at",
	"fluxa_maintain: SELECT idempotency_keys.client",
	"fluxa_maintain: SELECT idempotency_keys.event_id",
	"fluxa_maintain: SELECT idempotency_keys.first_seen_at",
	"fluxa_maintain: SELECT idempotency_keys.last_seen_at",
	"fluxa_maintain: SELECT idempotency_keys.stored_at",
	"fluxa_maintain: UPDATE erased_hashes.erased_at",
	"fluxa_maintain: UPDATE erased_hashes.erasure_id",
	"fluxa_maintain: UPDATE erasures.finished_at",
	"fluxa_maintain: UPDATE erasures.objects",
	"fluxa_maintain: UPDATE idempotency_keys.error_reason",
	"fluxa_maintain: USAGE schema",
	"fluxa_operator: SELECT announced_batches",
	"fluxa_operator: SELECT erased_hashes",
	"fluxa_operator: SELECT erasures",
	"fluxa_operator: SELECT events",
	"fluxa_operator: SELECT events_default",
	"fluxa_operator: SELECT events_v1",
	"fluxa_operator: SELECT idempotency_keys",
	"fluxa_operator: SELECT watched_messages",
	"fluxa_operator: USAGE schema",
	"fluxa_processor: DELETE watched_messages",
	"fluxa_processor: EXECUTE persist_batch_v1",
	"fluxa_processor: INSERT announced_batches",
	"fluxa_processor: INSERT events",
	"fluxa_processor: INSERT idempotency_keys",
	"fluxa_processor: INSERT watched_messages",
	"fluxa_processor: SELECT announced_batches",
	"fluxa_processor: SELECT erased_hashes",
	"fluxa_processor: SELECT events",
	"fluxa_processor: SELECT idempotency_keys",
	"fluxa_processor: SELECT watched_messages",
	"fluxa_processor: UPDATE idempotency_keys",
	"fluxa_processor: UPDATE watched_messages",
	"fluxa_processor: USAGE schema",
	"fluxa_query: SELECT events",
	"fluxa_query: SELECT idempotency_keys",
	"fluxa_query: USAGE schema",
}

// TestGrants_are_these_and_come_back has a person grant one thing and take another: the
// next run puts both right.
func TestGrants_are_these_and_come_back(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	conn := connect(t, url)
	check := func(when string) {
		t.Helper()
		if got := rights(t, conn); !slices.Equal(got, granted) {
			t.Errorf("%s: got\n%s\nwant\n%s", when, strings.Join(got, "\n"), strings.Join(granted, "\n"))
		}
	}
	check("after the first run")
	if _, err := conn.Exec(t.Context(), "GRANT DELETE ON events TO fluxa_query; GRANT SELECT ON events TO PUBLIC; REVOKE INSERT ON events FROM fluxa_processor"); err != nil {
		t.Fatal(err)
	}
	if _, err := pgmigrate.Up(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	check("after the next")
	var owned int
	if err := conn.QueryRow(t.Context(), `
		SELECT count(*) FROM (
			SELECT relowner AS owner FROM pg_class WHERE relnamespace = current_schema()::regnamespace
			UNION ALL SELECT proowner FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
		) AS t WHERE owner <> 'fluxa_owner'::regrole`).Scan(&owned); err != nil || owned != 0 {
		t.Errorf("%d things belong to somebody else than the owner, %v", owned, err)
	}
}

func TestGrants_refuse_the_rest(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	admin := connect(t, url)
	if _, err := admin.Exec(t.Context(), "SELECT make_partition('2030-01-01'); CREATE TABLE other (n int)"); err != nil {
		t.Fatal(err)
	}
	everybody := []string{
		"DROP TABLE events", "TRUNCATE idempotency_keys", "ALTER TABLE events ADD n int", "CREATE TABLE mine (n int)", "SELECT * FROM other",
		"UPDATE events SET amount = 1", "DELETE FROM events", "SELECT * FROM goose_db_version", "SET ROLE fluxa_owner", "CREATE ROLE mine",
		"DROP TABLE events_20300101", "DELETE FROM events_20300101", "SELECT * FROM events_20300101",
	}
	for user, more := range map[string][]string{
		"fluxa_processor": {"SELECT make_partition('2030-01-02')", "SELECT drop_partition('2030-01-01')", "DELETE FROM idempotency_keys", "DELETE FROM announced_batches", "SELECT * FROM events_v1", "SET ROLE fluxa_maintain",
			"INSERT INTO erased_hashes VALUES (sha256('x'), '*', now(), gen_random_uuid())", "SELECT begin_erasure('u', '*', gen_random_uuid(), 'x')"},
		"fluxa_query": {"SELECT make_partition('2030-01-02')", "SELECT drop_partition('2030-01-01')", "INSERT INTO announced_batches VALUES (1)", "DELETE FROM idempotency_keys",
			"UPDATE idempotency_keys SET attempts = 0", "SELECT * FROM watched_messages", "SELECT * FROM idempotency_keys FOR UPDATE", "SET ROLE fluxa_processor"},
		"fluxa_maintain": {"INSERT INTO events (event_id) VALUES ('e')", "SELECT * FROM events_default", "SELECT status FROM idempotency_keys", "UPDATE idempotency_keys SET attempts = 0", "INSERT INTO announced_batches VALUES (1)", "SELECT * FROM watched_messages",
			"INSERT INTO erasures VALUES (gen_random_uuid(), sha256('x'), '*', 'x', now())", "UPDATE erasures SET erased_by = 'x'", "DELETE FROM erasures", "DELETE FROM erased_hashes"},
		"fluxa_operator": {"SELECT make_partition('2030-01-02')", "SELECT drop_partition('2030-01-01')", "INSERT INTO announced_batches VALUES (1)", "DELETE FROM idempotency_keys",
			"SELECT begin_erasure('u', '*', gen_random_uuid(), 'x')", "SELECT erase_events(gen_random_uuid(), '{}', '{}', '{}')"},
	} {
		conn := connect(t, pgtest.As(t, url, user))
		for _, statement := range slices.Concat(everybody, more) {
			if _, err := conn.Exec(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "SQLSTATE 42501") {
				t.Errorf("%s: %s: error %v, want insufficient_privilege", user, statement, err)
			}
		}
	}
}

// A temporary table of the caller's must not stand in for one of the schema.
func TestPartitionFunctions_see_no_table_of_their_caller(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	conn := connect(t, pgtest.As(t, url, contract.DatabaseUser(contract.FunctionMaintain)))
	for _, statement := range []string{
		"CREATE TEMP TABLE events_default (created_at timestamptz)", "CREATE TEMP TABLE events (created_at timestamptz) PARTITION BY RANGE (created_at)",
		"SET search_path = pg_temp", "SELECT " + schemaOf(t, url) + ".make_partition('2030-01-01')",
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	var partitions int
	if err := connect(t, url).QueryRow(t.Context(), "SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass").Scan(&partitions); err != nil || partitions != 2 {
		t.Errorf("%d partitions, %v, want the default one and the day's", partitions, err)
	}
}

func TestUp_as_somebody_who_may_not_create_roles_says_so(t *testing.T) {
	t.Parallel()
	url := pgtest.As(t, pgtest.MigratedURL(t), contract.UserOperator)
	_, err := pgmigrate.Up(t.Context(), url)
	if want := "make the database's users: fluxa_operator must be allowed to create roles and to use the schema: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestUserURL(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"postgres://admin:s3cret@h:5432/d?sslmode=disable&options=-csearch_path%3Ds": "postgres://fluxa_query:PASSWORD@h:5432/d?options=-csearch_path%3Ds&sslmode=disable",
		"postgres://h/d?user=admin&password=s3cret":                                  "postgres://fluxa_query:PASSWORD@h/d",
		"postgres://admin@h/d": "postgres://fluxa_query@h/d",
	} {
		got, err := pgmigrate.UserURL(given, "fluxa_query")
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := url.Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		if password, ok := parsed.User.Password(); ok {
			if len(password) != 64 || strings.Contains(got, "s3cret") {
				t.Errorf("%s: the password is %q", given, password)
			}
			got = strings.Replace(got, password, "PASSWORD", 1)
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, bad := range []string{"host=h user=u password=s3cret", "postgres://u:s3cret@h:port/d"} {
		if _, err := pgmigrate.UserURL(bad, "fluxa_query"); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: error %v", bad, err)
		}
	}
}

func TestUp_says_which_rights_its_user_lacks(t *testing.T) {
	t.Parallel()
	for name, attributes := range map[string]string{"poor_may_not_make_users": "", "poor_may_not_create": "CREATEROLE"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			others, schema := pgtest.MigratedURL(t), pgtest.URL(t)
			admin := connect(t, schema)
			for _, statement := range []string{
				"DROP ROLE IF EXISTS " + name, "CREATE ROLE " + name + " LOGIN PASSWORD 'p' " + attributes,
				"GRANT USAGE ON SCHEMA " + schemaOf(t, schema) + " TO " + name,
			} {
				if _, err := admin.Exec(t.Context(), statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			address, err := url.Parse(schema)
			if err != nil {
				t.Fatal(err)
			}
			address.User = url.UserPassword(name, "p")
			_, err = pgmigrate.Up(t.Context(), address.String())
			if err == nil || !strings.Contains(err.Error(), name+" must be allowed to create roles and to use the schema: ALTER ROLE \""+name+"\" CREATEROLE, ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v", err)
			}
			connect(t, pgtest.As(t, others, contract.UserOperator)) // whose password is as it was
		})
	}
}
