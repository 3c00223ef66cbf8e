package stack_test

import (
	"io"
	"log/slog"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/local/postgres"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
)

// TestMigrate_as_the_master_user_of_RDS runs the migrations as a user who may create
// roles and is no superuser, on a server that has rds_iam, as Amazon RDS makes them. The
// tables are an earlier release's, which belong to that user.
func TestMigrate_as_the_master_user_of_RDS(t *testing.T) {
	t.Parallel()
	server, err := postgres.Start(t.Context(), postgres.Config{Ephemeral: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
	admin := connect(t, server.URL())
	run := func(conn *pgx.Conn, statements ...string) {
		t.Helper()
		for _, statement := range statements {
			if _, err := conn.Exec(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	run(admin, "CREATE ROLE rds_iam", "CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD 'p'", "CREATE DATABASE events OWNER master")
	var version int
	if err := admin.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		t.Fatal(err)
	}
	if version >= 160000 { // who grants a role must administer it, as rds_superuser does
		run(admin, "CREATE ROLE rds_superuser", "GRANT rds_superuser TO master", "GRANT rds_iam TO rds_superuser WITH ADMIN TRUE, INHERIT FALSE")
	}
	address, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	address.Path, address.User = "/events", url.UserPassword("master", "p")
	config, err := pgx.ParseConfig(address.String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pgmigrate.UpWith(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	master := connect(t, address.String())
	run(master, "REASSIGN OWNED BY fluxa_owner TO master")
	for _, applied := range []int{0, 0} {
		if got, err := pgmigrate.UpWith(t.Context(), config); err != nil || len(got) != applied {
			t.Fatalf("applied %v, %v", got, err)
		}
	}

	count := func(query string, args ...any) (n int) {
		t.Helper()
		if err := master.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relowner <> 'fluxa_owner'::regrole"); n != 0 {
		t.Errorf("%d tables and indexes do not belong to the owner", n)
	}
	for _, user := range contract.DatabaseUsers() {
		if n := count("SELECT count(*) FROM pg_roles WHERE rolname = $1 AND rolcanlogin AND pg_has_role(rolname, 'rds_iam', 'USAGE')", user); n != 1 {
			t.Errorf("%s cannot log in with IAM", user)
		}
	}
	if n := count("SELECT count(*) FROM pg_roles WHERE rolname IN ('master', 'fluxa_owner') AND pg_has_role(rolname, 'rds_iam', 'USAGE')"); n != 0 {
		t.Error("the master user has rds_iam, through another: its password is good for nothing now")
	}
	if n := count("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'fluxa\\_%' AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)"); n != 0 {
		t.Errorf("%d users may do more than their grants say", n)
	}
	run(master, "SET ROLE fluxa_owner", "SELECT make_partition('2030-01-01')", "SELECT drop_partition('2030-01-01')")
}

// TestMigrate_with_the_rights_that_its_error_names runs the migrations as a user who owns
// neither the database nor its schema.
func TestMigrate_with_the_rights_that_its_error_names(t *testing.T) {
	t.Parallel()
	server, err := postgres.Start(t.Context(), postgres.Config{Ephemeral: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
	admin := connect(t, server.URL())
	for _, statement := range []string{"CREATE ROLE migrator LOGIN PASSWORD 'p' CREATEROLE", "GRANT USAGE, CREATE ON SCHEMA public TO migrator WITH GRANT OPTION"} {
		if _, err := admin.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	address, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword("migrator", "p")
	if _, err := pgmigrate.Up(t.Context(), address.String()); err != nil {
		t.Error(err)
	}
}
