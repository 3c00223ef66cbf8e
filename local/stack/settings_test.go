package stack

import (
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/emulator/gateway"
	"github.com/fluxa/fluxa/emulator/lambda"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// TestSettings_are_what_the_functions_read: a variable cannot be misspelt on one
// side, and none is set that nobody reads.
func TestSettings_are_what_the_functions_read(t *testing.T) {
	t.Parallel()
	const database = "postgres://u:p@127.0.0.1:5432/d"
	users, err := userURLs(database)
	if err != nil {
		t.Fatal(err)
	}
	all := settingsOf(Config{}, &resources{url: "http://127.0.0.1:8081", topicARN: "arn:aws:sns:us-east-1:000000000000:t"}, database, users)
	for name, settings := range all {
		if url := settings.env["DATABASE_URL"]; url != "" && strings.HasPrefix(url, "postgres://u:") != (name == contract.FunctionMigrate) {
			t.Errorf("%s logs in by %s", name, url)
		}
	}
	check(t, contract.FunctionIngest, all, config.Variables[config.Ingest](), load[config.Ingest])
	check(t, contract.FunctionProcessor, all, config.Variables[config.Processor](), load[config.Processor])
	check(t, contract.FunctionQuery, all, config.Variables[config.Query](), load[config.Query])
	check(t, contract.FunctionMigrate, all, config.Variables[config.Migrate](), load[config.Migrate])
	check(t, contract.FunctionMaintain, all, config.Variables[config.Maintain](), load[config.Maintain])
	if len(all) != len(contract.Functions()) {
		t.Errorf("%d functions have settings, there are %d", len(all), len(contract.Functions()))
	}
}

func load[T config.Settings](environ []string) error {
	_, err := config.Load[T](environ)
	return err
}

func check(t *testing.T, name contract.Function, all map[contract.Function]settings, variables []config.Variable, load func([]string) error) {
	t.Helper()
	known := map[string]bool{}
	for _, v := range variables {
		known[v.Name] = true
	}
	var environ []string
	for variable, value := range all[name].env {
		if !known[variable] {
			t.Errorf("%s is given %s, which it does not read", name, variable)
		}
		environ = append(environ, variable+"="+value)
	}
	if err := load(environ); err != nil {
		t.Errorf("%s cannot start with its settings: %v", name, err)
	}
}

func TestTuning_visibility_is_six_times_the_timeout_and_the_window(t *testing.T) {
	t.Parallel()
	tuning := Tuning{BatchWindow: 20 * time.Second}
	if got, want := tuning.visibility(), 200*time.Second; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestLimits_of_the_emulator are those that the functions count on.
func TestLimits_of_the_emulator_are_those_of_the_contract(t *testing.T) {
	t.Parallel()
	if lambda.MaxPayloadBytes != contract.InvocationLimit {
		t.Errorf("an invocation carries %d bytes, the contract has %d", lambda.MaxPayloadBytes, contract.InvocationLimit)
	}
	if gateway.MaxBodyBytes < contract.BodyLimit {
		t.Errorf("the gateway accepts %d bytes, the contract has %d", gateway.MaxBodyBytes, contract.BodyLimit)
	}
}
