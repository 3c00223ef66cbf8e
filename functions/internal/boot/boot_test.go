package boot_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"
	"syscall"
	"testing"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

func TestMain(m *testing.M) {
	lambdatest.Main(m, func() { boot.Main(contract.FunctionMigrate, wire) })
}

// wire makes a handler that does what the event tells it to.
func wire(_ context.Context, _ io.Writer, c config.Migrate) (any, error) {
	if c.Environment == "unwired" {
		return nil, errors.New("nothing to wire")
	}
	return func(_ context.Context, event struct{ Do string }) (string, error) {
		switch event.Do {
		case "throw":
			return "", errors.New("thrown: no table")
		case "panic":
			panic("broken")
		case "print":
			log.Print("said by a library")
		}
		return "from " + c.Environment, nil
	}, nil
}

func environment(stage string) map[string]string {
	return map[string]string{"FLUXA_ENVIRONMENT": stage, "DATABASE_URL": "postgres://u:hunter2@127.0.0.1:1/fluxa"}
}

func TestMain_serves_the_handler(t *testing.T) {
	t.Parallel()
	p := lambdatest.Start(t, environment("dev"))
	for range 2 {
		if answer, err := p.Invoke([]byte(`{}`)); err != nil || string(answer) != `"from dev"` {
			t.Errorf("answer %s, error %v", answer, err)
		}
	}
	if p.Stop(); p.Output.String() != "" {
		t.Errorf("it writes %s", p.Output)
	}
}

func TestMain_tells_of_what_is_thrown_as_JSON(t *testing.T) {
	t.Parallel()
	p := lambdatest.Start(t, environment("dev"))
	if _, err := p.Invoke([]byte(`{"Do":"throw"}`)); err == nil || err.Error() != `{"errorMessage":"thrown: no table","errorType":"errorString"}` {
		t.Errorf("error %v", err)
	}
	if answer, err := p.Invoke([]byte(`{"Do":"print"}`)); err != nil || string(answer) != `"from dev"` {
		t.Errorf("the next event: answer %s, error %v", answer, err)
	}
	p.Stop()
	const want = `{"timestamp":"NOW","level":"ERROR","message":"{\"errorMessage\":\"thrown: no table\",\"errorType\":\"errorString\"}","service":"migrate","environment":"dev"}
{"timestamp":"NOW","level":"ERROR","message":"said by a library","service":"migrate","environment":"dev"}
`
	if got := lambdatest.Timeless(p.Output.String()); got != want {
		t.Errorf("it wrote\n%swant\n%s", got, want)
	}
}

func TestMain_ends_after_a_panic_as_Lambda_wants_it(t *testing.T) {
	t.Parallel()
	p := lambdatest.Start(t, environment("dev"))
	if _, err := p.Invoke([]byte(`{"Do":"panic"}`)); err == nil || !strings.Contains(err.Error(), `"errorMessage":"broken"`) {
		t.Errorf("error %v", err)
	}
	if ended := p.Ended(); ended != "exit status 1" {
		t.Errorf("it ended with %s", ended)
	}
	for _, line := range p.Output.Lines(t) { // every line is JSON
		if line["service"] != "migrate" {
			t.Errorf("line %v", line)
		}
	}
}

func TestMain_an_init_failure_is_one_line_and_exit_1(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		environment map[string]string
		stage, text string
	}{
		"nothing set": {map[string]string{}, "",
			"the environment cannot be used: FLUXA_ENVIRONMENT must be the name of the stage: 1 to 32 of a-z 0-9 -, beginning with a letter, but is not set; " +
				"DATABASE_URL or DB_HOST with DB_SECRET_ARN must say where the database is, but none is set"},
		"a secret that cannot be used": {map[string]string{"FLUXA_ENVIRONMENT": "dev", "DATABASE_URL": "mysql://u:hunter2@h/d"}, "dev",
			"the environment cannot be used: DATABASE_URL must be a URL such as postgres://user:password@host:5432/name; the value given is not shown"},
		"a handler that cannot be made": {environment("unwired"), "unwired", "nothing to wire"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := lambdatest.Start(t, c.environment)
			if ended := p.Ended(); ended != "exit status 1" {
				t.Fatalf("it ended with %s", ended)
			}
			want := fmt.Sprintf(`{"timestamp":"NOW","level":"ERROR","message":"init failed","service":"migrate","environment":%q,"error_code":"internal","error":%q}`+"\n",
				c.stage, c.text)
			if got := lambdatest.Timeless(p.Output.String()); got != want {
				t.Errorf("it wrote\n%swant\n%s", got, want)
			}
		})
	}
}

func TestMain_SIGTERM_ends_the_process(t *testing.T) {
	t.Parallel()
	p := lambdatest.Start(t, environment("dev"))
	p.Ready()
	p.Signal(syscall.SIGTERM)
	if ended := p.Ended(); ended != "signal: terminated" {
		t.Errorf("it ended with %s", ended)
	}
	if p.Output.String() != "" {
		t.Errorf("it writes %s", p.Output)
	}
}
