package pgtest

import (
	"testing"

	"github.com/fluxa/fluxa/pkg/pgmigrate"
)

// MigratedURL is URL with the shipped migrations applied.
func MigratedURL(t testing.TB) string {
	t.Helper()
	url := URL(t)
	if _, err := pgmigrate.Up(t.Context(), url); err != nil {
		t.Fatalf("migrate the test schema: %v", err)
	}
	return url
}

// As returns the URL by which one of contract.DatabaseUsers, or the user of a function,
// logs in where MigratedURL does.
func As(t testing.TB, migratedURL, user string) string {
	t.Helper()
	url, err := pgmigrate.UserURL(migratedURL, user)
	if err != nil {
		t.Fatal(err)
	}
	return url
}
