package pgmigrate_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/fluxa/fluxa/pkg/pgmigrate"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

// A failed file is named, leaves nothing of itself behind, keeps what came
// before it, and is tried again by the next call.
func TestUpNamesTheFileThatFailed(t *testing.T) {
	t.Parallel()
	config, err := pgx.ParseConfig(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{
		"001_good.sql": {Data: []byte("-- +goose Up\nCREATE TABLE good (n INT);")},
		"002_bad.sql":  {Data: []byte("-- +goose Up\nCREATE TABLE half (n INT);\nALTER TABLE absent ADD m INT;")},
	}
	applied, err := pgmigrate.UpFiles(t.Context(), config, files)
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || pgErr.Code != "42P01" {
		t.Fatalf("got %v, want SQLSTATE 42P01", err)
	}
	for _, want := range []string{"apply migration 002_bad.sql", "SQLSTATE 42P01"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if len(applied) != 1 || applied[0].Name != "001_good.sql" {
		t.Errorf("applied %v", applied)
	}

	files["002_bad.sql"].Data = []byte("-- +goose Up\nCREATE TABLE half (n INT);")
	applied, err = pgmigrate.UpFiles(t.Context(), config, files)
	if err != nil || len(applied) != 1 || applied[0].Version != 2 {
		t.Errorf("after the file was mended: applied %v, %v", applied, err)
	}
}

func TestUpIsNotBoundByTheServersStatementTimeout(t *testing.T) {
	t.Parallel()
	config, err := pgx.ParseConfig(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	config.RuntimeParams["options"] = "-c statement_timeout=20ms " + config.RuntimeParams["options"]
	slow := fstest.MapFS{"001_slow.sql": {Data: []byte("-- +goose Up\nSELECT pg_sleep(0.2);")}}
	if applied, err := pgmigrate.UpFiles(t.Context(), config, slow); err != nil || len(applied) != 1 {
		t.Errorf("applied %v, %v", applied, err)
	}
}

func TestUpRefusesFilesItCannotRead(t *testing.T) {
	t.Parallel()
	config, err := pgx.ParseConfig(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]fstest.MapFS{
		"read the migrations":  {},
		"apply the migrations": {"001_empty.sql": {Data: []byte("SELECT 1;")}},
	}
	for want, files := range cases {
		applied, err := pgmigrate.UpFiles(t.Context(), config, files)
		if err == nil || !strings.HasPrefix(err.Error(), want) || !slices.Equal(applied, nil) {
			t.Errorf("got %v, %v, want %q", applied, err, want)
		}
	}
}
