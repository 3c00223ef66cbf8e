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
