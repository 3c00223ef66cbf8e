package config_test

import (
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/fluxa/fluxa/pkg/config"
)

// samples has a value for every variable, other than its default.
func samples() map[string]any {
	return map[string]any{
		"FLUXA_ENVIRONMENT": "prod",
		"FLUXA_LOG_LEVEL":   slog.LevelWarn,
		"FLUXA_RELEASE":     "canary",
		"QUEUE_URL":         "https://sqs.eu-west-1.amazonaws.com/123456789012/fluxa-events-prod",
		"PAYLOAD_BUCKET":    "fluxa-payloads-prod",
		"CLIENTS": config.Clients{
			"orders": {Callers: []string{"a1b2", "c3d4"}, Reads: "own"}, "reports": {Callers: []string{"arn:aws:sts::123456789012:assumed-role/reports"}, Reads: "all"},
		},
		"DATABASE_URL":             "postgres://fluxa:hunter2@127.0.0.1:5432/fluxa?a=b%20c",
		"DB_HOST":                  "db.internal",
		"DB_PORT":                  6432,
		"DB_NAME":                  "events",
		"DB_USER":                  "fluxa_processor",
		"DB_SECRET_ARN":            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:fluxa-AbCdEf",
		"DB_CA_FILE":               "/var/task/rds-ca.pem",
		"DB_MAX_CONNS":             1,
		"FLUXA_RETENTION_DAYS":     90,
		"FLUXA_DAILY_EXPORT":       "parquet",
		"JWT_ISSUER":               "https://login.example.com/",
		"JWT_AUDIENCE":             "fluxa",
		"FLUXA_RETRY_BASE_SECONDS": 7,
		"FLUXA_RETRY_MAX_SECONDS":  600,
		"DLQ_URL":                  "https://sqs.eu-west-1.amazonaws.com/123456789012/fluxa-dlq-prod",
		"TOPIC_ARN":                "arn:aws:sns:eu-west-1:123456789012:fluxa-prod",
		"INGEST_VERSION_ARN":       "arn:aws:lambda:eu-west-1:123456789012:function:fluxa-ingest-prod:7",
		"PROCESSOR_VERSION_ARN":    "arn:aws:lambda:eu-west-1:123456789012:function:fluxa-processor-prod:9",
		"QUERY_VERSION_ARN":        "arn:aws:lambda:eu-west-1:123456789012:function:fluxa-query-prod:3",
	}
}

// fill sets every field that has a variable to its sample, apart from those left
// out, and returns the variables it set.
func fill(t *testing.T, settings reflect.Value, leaveOut []string) (set []string) {
	t.Helper()
	for of, value := range settings.Fields() {
		if of.Anonymous {
			set = append(set, fill(t, value, leaveOut)...)
			continue
		}
		var name string
		for variable := range samples() {
			if tag := of.Tag.Get("env"); tag == variable || tag == variable+",required" {
				name = variable
			}
		}
		if name == "" {
			t.Fatalf("the field %s has no sample: add one for %s", of.Name, of.Tag)
		}
		if slices.Contains(leaveOut, name) {
			continue
		}
		value.Set(reflect.ValueOf(samples()[name]).Convert(of.Type))
		set = append(set, name)
	}
	return set
}

func testEnviron[T config.Settings](t *testing.T) {
	t.Helper()
	for way, leaveOut := range map[string][]string{
		"by URL": {"DB_HOST", "DB_USER", "DB_SECRET_ARN"}, "by host": {"DATABASE_URL"},
	} {
		var settings T
		set := fill(t, reflect.ValueOf(&settings).Elem(), leaveOut)
		environ := config.Environ(settings)
		if got := slices.Sorted(maps.Keys(environ)); !slices.Equal(got, slices.Sorted(slices.Values(set))) {
			t.Errorf("%T %s: Environ has %q, want %q", settings, way, got, set)
		}
		loaded, err := config.Load[T](list(environ))
		if err != nil || !reflect.DeepEqual(loaded, settings) {
			t.Errorf("%T %s: got %+v, error %v; want %+v", settings, way, loaded, err, settings)
		}
	}
}

func TestEnviron_is_what_Load_reads_back(t *testing.T) {
	t.Parallel()
	testEnviron[config.Ingest](t)
	testEnviron[config.Processor](t)
	testEnviron[config.Query](t)
	testEnviron[config.Migrate](t)
	testEnviron[config.Maintain](t)
	testEnviron[config.Verify](t)
	testEnviron[config.Authorize](t)
}

func TestEnviron_writes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings config.Processor
		want     map[string]string
	}{
		"of zero values only the level": {config.Processor{}, map[string]string{"FLUXA_LOG_LEVEL": "info"}},
		"text as it is, be it a token or nothing that Load takes": {
			config.Processor{
				Service:  config.Service{Environment: "Not A Stage"},
				Queue:    config.Queue{QueueURL: "${Token[TOKEN.123]}"},
				Database: config.Database{Server: config.Server{Host: " ${Token[Db.Host.7]}\n"}},
			},
			map[string]string{"FLUXA_ENVIRONMENT": "Not A Stage", "FLUXA_LOG_LEVEL": "info", "QUEUE_URL": "${Token[TOKEN.123]}", "DB_HOST": " ${Token[Db.Host.7]}\n"},
		},
		"a secret's text": {
			config.Processor{Database: config.Database{Server: config.Server{URL: "postgres://fluxa:hunter2@h/d"}}},
			map[string]string{"DATABASE_URL": "postgres://fluxa:hunter2@h/d", "FLUXA_LOG_LEVEL": "info"},
		},
		"numbers in digits": {
			config.Processor{Database: config.Database{Server: config.Server{Port: 5432}, MaxConns: -1}, Retry: config.Retry{BaseSeconds: 43_200}},
			map[string]string{"DB_PORT": "5432", "DB_MAX_CONNS": "-1", "FLUXA_LOG_LEVEL": "info", "FLUXA_RETRY_BASE_SECONDS": "43200"},
		},
		"debug": {config.Processor{Service: config.Service{LogLevel: slog.LevelDebug}}, map[string]string{"FLUXA_LOG_LEVEL": "debug"}},
		"warn":  {config.Processor{Service: config.Service{LogLevel: slog.LevelWarn}}, map[string]string{"FLUXA_LOG_LEVEL": "warn"}},
		"error": {config.Processor{Service: config.Service{LogLevel: slog.LevelError}}, map[string]string{"FLUXA_LOG_LEVEL": "error"}},
	} {
		if got := config.Environ(c.settings); !maps.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if got := config.Environ(config.Maintain{}); got["FLUXA_RETENTION_DAYS"] != "0" {
		t.Errorf("a required number of 0 is left out: %q", got)
	}
}
