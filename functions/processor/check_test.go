package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

func TestCheck_passes_and_leaves_nothing(t *testing.T) {
	t.Parallel()
	database, aws := pgtest.MigratedURL(t), lambdatest.StartAWS(t)
	p := lambdatest.Start(t, environment(aws.URL, database))
	if failed := p.Check(); failed != nil {
		t.Errorf("%q fail: %s", failed, p.Output)
	}
	p.Stop()
	if counts := p.Output.Counts(t); counts != "" {
		t.Errorf("it counts %s", counts)
	}
	if line := p.Output.Only(t); line["message"] != "check" || line["level"] != "INFO" || line["checks"] != 5.0 {
		t.Errorf("line %v", line)
	}
	for _, table := range []string{"events", "idempotency_keys", "watched_messages", "announced_batches"} {
		if n := rows(t, database, table); n != 0 {
			t.Errorf("%s has %d rows", table, n)
		}
	}
	if aws.Taken() != 0 {
		t.Errorf("AWS took %d messages of %q", aws.Taken(), aws.Calls())
	}
}

func TestCheck_fails_of_a_database_out_of_reach(t *testing.T) {
	t.Parallel()
	p := lambdatest.Start(t, environment(lambdatest.StartAWS(t).URL, nowhere))
	if failed := p.Check(); !slices.Equal(failed, []string{"event"}) {
		t.Errorf("%q fail", failed)
	}
	p.Stop()
	lambdatest.CheckUnsaid(t, p.Output.String(), 1, "MARK")
}

// Each call is one that the role may have no grant for.
func TestCheck_fails_of_each_missing_grant(t *testing.T) {
	t.Parallel()
	for name, operation := range map[string]string{
		"payloads": "GET /payloads/", "topic": "PublishBatch", "dlq": "AmazonSQS.SendMessage", "queue": "AmazonSQS.ChangeMessageVisibilityBatch",
	} {
		aws := lambdatest.StartAWS(t)
		aws.Fail = func(called string) bool { return strings.HasPrefix(called, operation) }
		if failed := lambdatest.Start(t, environment(aws.URL, pgtest.MigratedURL(t))).Check(); !slices.Equal(failed, []string{name}) {
			t.Errorf("without %s fail %q", operation, failed)
		}
	}
}

func TestCheck_fails_of_a_database_without_its_tables(t *testing.T) {
	t.Parallel()
	p := lambdatest.Start(t, environment(lambdatest.StartAWS(t).URL, pgtest.URL(t)))
	if failed := p.Check(); !slices.Equal(failed, []string{"event"}) {
		t.Errorf("%q fail", failed)
	}
}

func rows(t *testing.T, database, table string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) // only read
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
