package pgmigrate_test

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/migrations"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

var shipped = []string{"001_create_events_table.sql", "002_create_idempotency_keys_table.sql", "003_create_persist_batch_function.sql", "004_create_partition_functions.sql", "005_create_erasure_tables.sql"}

func names(list []pgmigrate.Migration) []string {
	var out []string
	for _, m := range list {
		out = append(out, m.Name)
	}
	return out
}

func isApplied(m pgmigrate.Migration) bool { return !m.AppliedAt.IsZero() }

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return conn
}

func TestUp(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)

	before, err := pgmigrate.Status(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(names(before), shipped) || slices.ContainsFunc(before, isApplied) {
		t.Errorf("before: got %v, want %v, all pending", before, shipped)
	}
	applied, err := pgmigrate.Up(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(names(applied), shipped) || applied[0].Version != 1 || applied[1].Version != 2 {
		t.Errorf("applied %v, want %v", applied, shipped)
	}
	again, err := pgmigrate.Up(t.Context(), url)
	if err != nil || len(again) != 0 {
		t.Errorf("a second Up: applied %v, %v", again, err)
	}
	after, err := pgmigrate.Status(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range after {
		if age := time.Since(m.AppliedAt); age < -time.Minute || age > time.Hour {
			t.Errorf("%s was applied at %s", m.Name, m.AppliedAt)
		}
	}
	if !slices.Equal(names(after), shipped) {
		t.Errorf("after: got %v", after)
	}
}

// Every file holds one number that no other has, so that the order is decided.
func TestFilesAreNumberedOnce(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(migrations.Files(), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(files, shipped) {
		t.Errorf("got %v", files)
	}
	seen := map[string]string{}
	for _, file := range files {
		number, _, _ := strings.Cut(file, "_")
		if other, twice := seen[number]; twice || len(number) != 3 {
			t.Errorf("%s has the number %q, as has %q", file, number, other)
		}
		seen[number] = file
		text, err := fs.ReadFile(migrations.Files(), file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "+goose Down") {
			t.Errorf("%s goes back; migrations are forward only", file)
		}
	}
}

func TestUpKeepsToTheSearchPath(t *testing.T) {
	t.Parallel()
	first, second := pgtest.URL(t), pgtest.URL(t)
	if _, err := pgmigrate.Up(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	var tables int
	count := `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()`
	if err := connect(t, second).QueryRow(t.Context(), count).Scan(&tables); err != nil || tables != 0 {
		t.Errorf("%d tables in the other schema, %v", tables, err)
	}
	if err := connect(t, first).QueryRow(t.Context(), count).Scan(&tables); err != nil || tables != 8 {
		t.Errorf("%d tables in the schema, want those of the product and the history, %v", tables, err)
	}
}

func TestUpFromTwoDeploysAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	applied := make([][]string, 3)
	var wait sync.WaitGroup
	for i := range applied {
		wait.Go(func() {
			list, err := pgmigrate.Up(t.Context(), url)
			if err != nil {
				t.Errorf("deploy %d: %v", i, err)
			}
			applied[i] = names(list)
		})
	}
	wait.Wait()
	if all := slices.Concat(applied...); !slices.Equal(all, shipped) {
		t.Errorf("together they applied %v, want each of %v once", all, shipped)
	}
}

func TestUpWaitsForTheOtherDeploy(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	other := connect(t, url)
	const lock = `(hashtextextended('fluxa.migrations.' || current_schema(), 0))`
	if _, err := other.Exec(t.Context(), "SELECT pg_advisory_lock"+lock); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if applied, err := pgmigrate.Up(ctx, url); !errors.Is(err, context.DeadlineExceeded) || len(applied) != 0 {
		t.Errorf("while another one migrates: applied %v, %v, want it to wait until its deadline", applied, err)
	}
	if _, err := other.Exec(t.Context(), "SELECT pg_advisory_unlock"+lock); err != nil {
		t.Fatal(err)
	}
	if applied, err := pgmigrate.Up(t.Context(), url); err != nil || len(applied) != len(shipped) {
		t.Errorf("afterwards: applied %v, %v", applied, err)
	}
}

func TestUpWithAConfig(t *testing.T) {
	t.Parallel()
	config, err := pgx.ParseConfig(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	config.ConnectTimeout = 0
	applied, err := pgmigrate.UpWith(t.Context(), config)
	if err != nil || len(applied) != len(shipped) {
		t.Errorf("applied %v, %v", applied, err)
	}
	if config.ConnectTimeout != 0 {
		t.Error("the caller's config was changed")
	}
	status, err := pgmigrate.StatusWith(t.Context(), config)
	if err != nil || len(status) != len(shipped) || !isApplied(status[len(status)-1]) {
		t.Errorf("status %v, %v", status, err)
	}
}

func TestUpErrors(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	noSchema := func(t *testing.T) string {
		url := pgtest.URL(t)
		return strings.ReplaceAll(url, schemaOf(t, url), "no_such_schema")
	}
	cases := []struct {
		name string
		ctx  context.Context
		url  func(t *testing.T) string
		want string
	}{
		{"not_a_url", t.Context(), func(*testing.T) string { return "postgres://u:s3cret@h:port/d" }, "read the database URL: "},
		{"nobody_listens", t.Context(), func(*testing.T) string { return "postgres://u:s3cret@127.0.0.1:1/d?sslmode=disable" }, "connect for the migrations: "},
		{"no_schema", t.Context(), noSchema, "search_path names no existing schema"},
		{"cancelled", cancelled, func(t *testing.T) string { return pgtest.URL(t) }, "connect for the migrations: "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := c.url(t)
			_, upErr := pgmigrate.Up(c.ctx, url)
			_, statusErr := pgmigrate.Status(c.ctx, url)
			for _, err := range []error{upErr, statusErr} {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				} else if strings.Contains(err.Error(), "s3cret") {
					t.Errorf("the error shows the password: %v", err)
				}
			}
			if c.ctx.Err() != nil && !errors.Is(upErr, context.Canceled) {
				t.Errorf("got %v, want it to be context.Canceled", upErr)
			}
		})
	}
}

// The files are plain SQL: whoever applies them without this package gets the
// same tables.
func TestFilesAreSQLOfTheirOwn(t *testing.T) {
	t.Parallel()
	want := shape(t, pgtest.MigratedURL(t))
	if len(want) < 40 {
		t.Fatalf("the shape of the schema has only %d lines: %v", len(want), want)
	}

	t.Run("through_the_driver", func(t *testing.T) {
		t.Parallel()
		url := pgtest.URL(t)
		conn := connect(t, url)
		for _, file := range shipped {
			text, err := fs.ReadFile(migrations.Files(), file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(t.Context(), string(text)); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
		}
		if got := shape(t, url); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})

	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Log("psql is not installed here: psql -f was not tried, the driver's run of the same text was")
		return
	}
	t.Run("through_psql", func(t *testing.T) {
		t.Parallel()
		url := pgtest.URL(t)
		config, err := pgx.ParseConfig(url)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := copyFiles(dir); err != nil {
			t.Fatal(err)
		}
		for _, file := range shipped {
			command := exec.CommandContext(t.Context(), psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", filepath.Join(dir, file))
			command.Env = append(command.Environ(),
				"PGHOST="+config.Host, "PGPORT="+portOf(config), "PGUSER="+config.User, "PGPASSWORD="+config.Password,
				"PGDATABASE="+config.Database, "PGOPTIONS=-csearch_path="+schemaOf(t, url))
			if out, err := command.CombinedOutput(); err != nil {
				t.Fatalf("psql -f %s: %v\n%s", file, err, out)
			}
		}
		if got := shape(t, url); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}
