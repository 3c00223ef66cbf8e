// Package pgtest gives tests a real PostgreSQL: one server per test process, a
// schema of its own per test. A test that cannot have one fails and says what to
// do; none is ever skipped for it.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// URLVariable names the environment variable that holds the server to test
// against. Its user must be allowed to create schemas in its database.
const URLVariable = "FLUXA_TEST_DATABASE_URL"

const (
	startTimeout = 5 * time.Minute
	queryTimeout = 30 * time.Second
	lockTimeout  = 10 * time.Second
)

// sharedServer is the one value that tests of a process have in common: a server
// of its own for each of them would cost a second and 50 MB apiece.
var sharedServer = sync.OnceValues(func() (*server, error) {
	return obtain(os.Getenv(URLVariable), serveCommand(), startTimeout)
})

// ServerURL returns the URL of the server that all tests of this process share:
// the one of FLUXA_TEST_DATABASE_URL, else one that is started for the process
// and ends with it, even when it is killed. Tests use URL; this is for those that
// look at the server itself.
func ServerURL(t testing.TB) string {
	t.Helper()
	shared, err := sharedServer()
	if err != nil {
		t.Fatalf("no PostgreSQL to test with: %v", err)
	}
	return shared.url
}

// URL returns the URL of an empty schema that is this test's own: every
// connection made with it has the schema as its whole search path, so statements
// name no schema. The schema and all in it are dropped when the test ends; a
// connection that still holds a lock then fails the test. Safe for parallel tests.
func URL(t testing.TB) string {
	t.Helper()
	return Schema(t, ServerURL(t))
}

// Schema does what URL does on a server that the caller brings, such as one that
// the test means to kill. It must be up again when the test ends.
func Schema(t testing.TB, serverURL string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	address, err := withSearchPath(serverURL, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := execute(serverURL, "CREATE SCHEMA "+name); err != nil {
		t.Fatalf("make the schema of this test: %v", err)
	}
	t.Cleanup(func() {
		if err := dropSchema(serverURL, name, lockTimeout); err != nil {
			t.Errorf("drop the schema of this test: %v", err)
		}
	})
	return address
}

func withSearchPath(serverURL, schema string) (string, error) {
	address, err := url.Parse(serverURL)
	if err != nil || (address.Scheme != "postgres" && address.Scheme != "postgresql") {
		return "", errors.New(URLVariable + " must be a URL: postgres://user:password@host:5432/database")
	}
	query := address.Query()
	query.Set("options", strings.TrimSpace(query.Get("options")+" -csearch_path="+schema))
	address.RawQuery = query.Encode()
	return address.String(), nil
}

func dropSchema(serverURL, schema string, patience time.Duration) error {
	return execute(serverURL,
		fmt.Sprintf("SET lock_timeout = '%dms'", patience.Milliseconds()),
		"DROP SCHEMA "+schema+" CASCADE")
}

func execute(address string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), queryTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("connect to the server of the tests: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }() // nothing is lost with it
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
