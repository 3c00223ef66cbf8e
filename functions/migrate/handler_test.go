package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

func TestMain(m *testing.M) { lambdatest.Main(m, main) }

const nowhere = "postgres://fluxa:MARKpassword@127.0.0.1:1/fluxa"

func environment(database string) map[string]string {
	return map[string]string{"FLUXA_ENVIRONMENT": "test", "DATABASE_URL": database}
}

func TestMain_needs_what_config_says_and_no_more(t *testing.T) {
	t.Parallel()
	lambdatest.CheckEnvironment(t, config.Variables[config.Migrate](), environment(nowhere))
}

func TestInvoke_answers_what_was_applied(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		applied []pgmigrate.Migration
		want    string
	}{
		"two":  {[]pgmigrate.Migration{{Version: 1, Name: "001_a.sql"}, {Version: 2, Name: "002_b.sql"}}, `{"applied":["001_a.sql","002_b.sql"]}`},
		"none": {nil, `{"applied":[]}`},
	} {
		base, log := lambdatest.Base(contract.FunctionMigrate)
		h := &handler{base: base, up: func(ctx context.Context) ([]pgmigrate.Migration, error) {
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 29*time.Second {
				t.Errorf("the deadline is %s: it leaves no time to answer", deadline)
			}
			return c.applied, nil
		}}
		for _, file := range []string{"terraform.json", "empty.json"} {
			raw, err := lambdatest.Invoke(t, h, lambdatest.Event(t, file))
			if err != nil || string(raw) != c.want {
				t.Errorf("%s: answer %s, error %v", name, raw, err)
			}
		}
		lambdatest.Golden(t, name+".output.golden", lambdatest.Timeless(log.String()))
	}
}

func TestInvoke_throws_a_failure_so_that_the_deploy_fails(t *testing.T) {
	t.Parallel()
	base, log := lambdatest.Base(contract.FunctionMigrate)
	broken := fault.Wrap(fault.DatabaseUnavailable, errors.New("refused"), "the database's credentials cannot be read")
	h := &handler{base: base, up: func(context.Context) ([]pgmigrate.Migration, error) {
		return []pgmigrate.Migration{{Version: 1, Name: "001_a.sql"}}, broken
	}}
	if raw, err := lambdatest.Invoke(t, h, lambdatest.Event(t, "terraform.json")); !errors.Is(err, broken) {
		t.Errorf("answer %s, error %v", raw, err)
	}
	lambdatest.Golden(t, "failed.output.golden", lambdatest.Timeless(log.String()))
}

func TestInvoke_takes_whatever_is_no_event_of_CloudFormation(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{``, `null`, `""`, `[]`, `"Create"`, `{"RequestType":""}`, `{"RequestType":5}`, `{"ResponseURL":"http://127.0.0.1:1/a"}`} {
		base, _ := lambdatest.Base(contract.FunctionMigrate)
		h := &handler{base: base, up: func(context.Context) ([]pgmigrate.Migration, error) { return nil, nil }}
		if raw, err := lambdatest.Invoke(t, h, []byte(payload)); err != nil || string(raw) != `{"applied":[]}` {
			t.Errorf("%s: answer %s, error %v", payload, raw, err)
		}
	}
}

func TestInvoke_throws_a_panic_and_logs_it(t *testing.T) {
	t.Parallel()
	base, log := lambdatest.Base(contract.FunctionMigrate)
	h := &handler{base: base, up: func(context.Context) ([]pgmigrate.Migration, error) { panic("out of range") }}
	_, err := lambdatest.Invoke(t, h, lambdatest.Event(t, "empty.json"))
	if fault.CodeOf(err) != fault.Panicked || !strings.Contains(err.Error(), "out of range") {
		t.Errorf("thrown %v", err)
	}
	if line := log.Only(t); line["error_code"] != "panic" || !strings.Contains(line["error"].(string), "handler_test.go") {
		t.Errorf("line %v", line)
	}
}

func TestMain_brings_a_database_up_to_date(t *testing.T) {
	t.Parallel()
	p := lambdatest.Start(t, environment(pgtest.URL(t)))
	raw, err := p.Invoke(lambdatest.Event(t, "terraform.json"))
	if err != nil || !strings.HasPrefix(string(raw), `{"applied":["001_create_events_table.sql","002_create_idempotency_keys_table.sql","003_create_persist_batch_function.sql"`) {
		t.Errorf("answer %s, error %v", raw, err)
	}
	raw, err = p.Invoke(lambdatest.Event(t, "terraform.json"))
	if err != nil || string(raw) != `{"applied":[]}` {
		t.Errorf("the second time: answer %s, error %v", raw, err)
	}
	p.Stop()
	if lines := p.Output.Lines(t); len(lines) != 2 || lines[0]["request_id"] != lambdatest.RequestID {
		t.Errorf("lines %v", lines)
	}
}

func TestMain_a_database_out_of_reach_fails_the_deploy_and_its_password_stays_unsaid(t *testing.T) {
	t.Parallel()
	p := lambdatest.Start(t, environment(nowhere))
	_, err := p.Invoke(lambdatest.Event(t, "terraform.json"))
	if err == nil || !strings.Contains(err.Error(), "connect for the migrations") || strings.Contains(err.Error(), "MARK") {
		t.Errorf("thrown %v", err)
	}
	p.Stop()
	lambdatest.CheckUnsaid(t, p.Output.String(), 2, "MARK")
}

func TestWire(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	good := config.Migrate{Service: config.Service{Environment: "test"}, Administration: config.Administration{Server: config.Server{URL: config.Secret(pgtest.URL(t))}}}
	handle, err := wire(t.Context(), io.Discard, good)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := lambdatest.Invoke(t, handle, lambdatest.Event(t, "empty.json")); err != nil || !strings.Contains(string(raw), "001_create_events_table.sql") {
		t.Errorf("answer %s, error %v", raw, err)
	}
	bad := good
	bad.URL, bad.SecretARN = "", "arn:aws:secretsmanager:eu-west-1:1:secret:s"
	if handle, err = wire(t.Context(), io.Discard, bad); err != nil {
		t.Fatal(err)
	}
	if _, err := lambdatest.Invoke(t, handle, lambdatest.Event(t, "empty.json")); err == nil || err.Error() != "pgstore: URL or Host is required" {
		t.Errorf("thrown %v", err)
	}
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	if _, err := wire(t.Context(), io.Discard, good); err == nil {
		t.Error("it starts without a region")
	}
}
