package main

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

func TestMain(m *testing.M) { lambdatest.Main(m, main) }

func environment(database string) map[string]string {
	return map[string]string{"FLUXA_ENVIRONMENT": "test", "DATABASE_URL": database, "FLUXA_RETENTION_DAYS": "30", "PAYLOAD_BUCKET": "fluxa-payloads-test"}
}

func TestMain_needs_what_config_says_and_no_more(t *testing.T) {
	t.Parallel()
	lambdatest.CheckEnvironment(t, config.Variables[config.Maintain](), environment("postgres://fluxa:MARKpassword@127.0.0.1:1/fluxa"))
}

// TestMain_makes_and_drops_partitions runs the binary on a real database that has a
// partition of 40 days ago.
func TestMain_makes_and_drops_partitions(t *testing.T) {
	t.Parallel()
	database := pgtest.MigratedURL(t)
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	old := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -40)
	if _, err := conn.Exec(t.Context(), "SELECT make_partition($1::text::date)", old.Format(time.DateOnly)); err != nil {
		t.Fatal(err)
	}
	p := lambdatest.Start(t, environment(pgtest.As(t, database, contract.DatabaseUser(contract.FunctionMaintain))))
	for _, want := range []string{
		`{"partitions_made":8,"partitions_dropped":1,"partitions_ahead":7,"events_moved":0,"keys_pruned":0,"events_misplaced":0}`,
		`{"partitions_made":0,"partitions_dropped":0,"partitions_ahead":7,"events_moved":0,"keys_pruned":0,"events_misplaced":0}`,
	} {
		if raw, err := p.Invoke([]byte(`{}`)); err != nil || string(raw) != want {
			t.Errorf("answer %s, error %v, want %s", raw, err, want)
		}
	}
	p.Stop()
}
