package stack

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// TestSettings_are_what_the_functions_read: a variable cannot be misspelt on one
// side, and none is set that nobody reads.
func TestSettings_are_what_the_functions_read(t *testing.T) {
	t.Parallel()
	cfg := Config{Tuning: Tuning{RetryBaseSeconds: 5, RetryMaxSeconds: 900}}
	all := settingsOf(cfg, &resources{url: "http://127.0.0.1:8081", topicARN: "arn:aws:sns:us-east-1:000000000000:t"}, "postgres://u:p@127.0.0.1:5432/d")
	check(t, contract.FunctionIngest, all, config.Variables[config.Ingest](), load[config.Ingest])
	check(t, contract.FunctionProcessor, all, config.Variables[config.Processor](), load[config.Processor])
	check(t, contract.FunctionQuery, all, config.Variables[config.Query](), load[config.Query])
	check(t, contract.FunctionMigrate, all, config.Variables[config.Migrate](), load[config.Migrate])
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
	known := map[string]bool{"AWS_ENDPOINT_URL": true, "OTEL_EXPORTER_OTLP_ENDPOINT": true, "OTEL_EXPORTER_OTLP_HEADERS": true}
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
	cfg, err := Config{Dir: t.TempDir(), BinDir: "."}.withDefaults()
	if err == nil {
		t.Fatal("binaries are missing, and nothing says so")
	}
	if diff := cmp.Diff("3m0s", cfg.Tuning.visibility().String()); diff != "" {
		t.Error(diff)
	}
}
