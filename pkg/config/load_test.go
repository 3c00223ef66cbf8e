package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/config"
)

// good is an environment that the processor, and so every function, can use.
func good() map[string]string {
	return map[string]string{
		"FLUXA_ENVIRONMENT": "dev",
		"QUEUE_URL":         "https://sqs.eu-west-1.amazonaws.com/123456789012/fluxa-events-dev",
		"DLQ_URL":           "http://127.0.0.1:9324/000000000000/fluxa-events-dlq",
		"PAYLOAD_BUCKET":    "fluxa-payloads-dev",
		"TOPIC_ARN":         "arn:aws:sns:eu-west-1:123456789012:fluxa-events-dev",
		"DATABASE_URL":      "postgres://fluxa:hunter2@127.0.0.1:5432/fluxa",
		"PATH":              "/usr/bin",

		"FLUXA_RETENTION_DAYS": "90",
		"JWT_ISSUER":           "https://login.example.com/", "JWT_AUDIENCE": "fluxa",
	}
}

func with(changes map[string]string) []string {
	environ := good()
	maps.Copy(environ, changes)
	return list(environ)
}

func list(environ map[string]string) []string {
	var out []string
	for name, value := range environ {
		out = append(out, name+"="+value)
	}
	return out
}

func TestLoad_fills_each_function(t *testing.T) {
	t.Parallel()
	service := config.Service{Environment: "dev", LogLevel: slog.LevelInfo}
	queue := config.Queue{QueueURL: good()["QUEUE_URL"]}
	payloads := config.Payloads{PayloadBucket: "fluxa-payloads-dev"}
	server := config.Server{URL: "postgres://fluxa:hunter2@127.0.0.1:5432/fluxa", Port: 5432, Name: "fluxa"}
	database := config.Database{Server: server, MaxConns: 2}
	check(t, config.Ingest{Service: service, Queue: queue, Payloads: payloads})
	check(t, config.Processor{
		Service: service, Queue: queue, Payloads: payloads, Database: database,
		Retry:  config.Retry{BaseSeconds: 5, MaxSeconds: 60},
		DLQURL: good()["DLQ_URL"], TopicARN: good()["TOPIC_ARN"],
	})
	check(t, config.Query{Service: service, Payloads: payloads, Database: database})
	check(t, config.Migrate{Service: service, Administration: config.Administration{Server: server}})
	reach := config.Reach{QueueURL: queue.QueueURL, TopicARN: good()["TOPIC_ARN"], PayloadBucket: payloads.PayloadBucket}
	check(t, config.Maintain{Service: service, Database: database, Reach: reach, RetentionDays: 90})
	check(t, config.Authorize{Service: service, Issuer: "https://login.example.com/", Audience: "fluxa"})
}

func check[T config.Settings](t *testing.T, want T) {
	t.Helper()
	got, err := config.Load[T](with(nil))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, error %v; want %+v", got, err, want)
	}
}

func TestLoad_reads_every_variable(t *testing.T) {
	t.Parallel()
	got, err := config.Load[config.Processor](with(map[string]string{
		"DATABASE_URL": "", "DB_HOST": "db.internal", "DB_PORT": "6432", "DB_NAME": "events",
		"DB_USER": "fluxa_processor", "DB_CA_FILE": "/opt/ca.pem",
		"DB_MAX_CONNS": "1", "FLUXA_LOG_LEVEL": "DEBUG", "FLUXA_RETRY_BASE_SECONDS": "1", "FLUXA_RETRY_MAX_SECONDS": "43200",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := config.Database{
		Server: config.Server{Host: "db.internal", Port: 6432, Name: "events", CAFile: "/opt/ca.pem"}, User: "fluxa_processor", MaxConns: 1,
	}
	if got.Database != want || got.LogLevel != slog.LevelDebug || got.Base() != time.Second || got.Max() != 12*time.Hour {
		t.Errorf("got %+v", got)
	}
	const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:fluxa-AbCdEf"
	migrate, err := config.Load[config.Migrate](with(map[string]string{"DATABASE_URL": "", "DB_HOST": "db.internal", "DB_SECRET_ARN": secret}))
	if err != nil || migrate.SecretARN != secret || migrate.Host != "db.internal" {
		t.Errorf("got %+v, error %v", migrate, err)
	}
}

func TestLoad_maintain_wants_what_it_reaches_to_be_good_if_it_is_set(t *testing.T) {
	t.Parallel()
	for variable, wrong := range map[string]string{"QUEUE_URL": "events", "TOPIC_ARN": "notifications", "PAYLOAD_BUCKET": "s3://payloads"} {
		if _, err := config.Load[config.Maintain](with(map[string]string{variable: ""})); err != nil {
			t.Errorf("without %s: %v", variable, err)
		}
		if _, err := config.Load[config.Maintain](with(map[string]string{variable: wrong})); err == nil || !strings.Contains(err.Error(), variable+" must be") || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s=%s: error %v", variable, wrong, err)
		}
	}
}

func TestLoad_migrate_wants_the_secret(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		changes map[string]string
		want    string
	}{
		{map[string]string{"DATABASE_URL": "", "DB_HOST": "h"}, "DB_SECRET_ARN must be the ARN of a Secrets Manager secret, but is not set"},
		{map[string]string{"DATABASE_URL": "", "DB_HOST": "h", "DB_SECRET_ARN": "arn:aws:sqs:eu-west-1:1:q"}, `DB_SECRET_ARN must be the ARN of a Secrets Manager secret, got "arn:aws:sqs:eu-west-1:1:q"`},
		{map[string]string{"DATABASE_URL": ""}, "DATABASE_URL or DB_HOST with DB_SECRET_ARN must say where the database is, but none is set"},
	} {
		if _, err := config.Load[config.Migrate](with(c.changes)); err == nil || err.Error() != "the environment cannot be used: "+c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestLoad_the_last_value_counts_and_an_empty_one_is_none(t *testing.T) {
	t.Parallel()
	got, err := config.Load[config.Processor](append(with(nil),
		"FLUXA_ENVIRONMENT=prod", "DB_MAX_CONNS=7", "DB_MAX_CONNS=", "FLUXA_LOG_LEVEL=", "DB_HOST=", "NOT-A-PAIR"))
	if err != nil || got.Environment != "prod" || got.MaxConns != 2 || got.LogLevel != slog.LevelInfo {
		t.Errorf("got %+v, error %v", got, err)
	}
}

func TestLoad_faults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		changes map[string]string
		want    []string
	}{
		"a required variable is missing": {
			map[string]string{"QUEUE_URL": ""},
			[]string{"QUEUE_URL must be the URL of the events queue, but is not set"},
		},
		"a URL without a scheme": {
			map[string]string{"QUEUE_URL": "sqs.eu-west-1.amazonaws.com/1/q"},
			[]string{`QUEUE_URL must be the URL of the events queue, got "sqs.eu-west-1.amazonaws.com/1/q"`},
		},
		"a URL without a path": {
			map[string]string{"DLQ_URL": "https://example.com/"},
			[]string{`DLQ_URL must be the URL of the dead-letter queue, got "https://example.com/"`},
		},
		"a URL that does not parse": {
			map[string]string{"DLQ_URL": "http://[::1/q"},
			[]string{`DLQ_URL must be the URL of the dead-letter queue, got "http://[::1/q"`},
		},
		"one queue for both": {
			map[string]string{"DLQ_URL": good()["QUEUE_URL"]},
			[]string{"DLQ_URL must be another queue than QUEUE_URL: a given-up message would come back for ever"},
		},
		"a stage with capitals": {
			map[string]string{"FLUXA_ENVIRONMENT": "Dev"},
			[]string{`FLUXA_ENVIRONMENT must be the name of the stage: 1 to 32 of a-z 0-9 -, beginning with a letter, got "Dev"`},
		},
		"an unknown level": {
			map[string]string{"FLUXA_LOG_LEVEL": "verbose"},
			[]string{`FLUXA_LOG_LEVEL must be debug, info, warn or error, got "verbose"`},
		},
		"a release of another kind": {
			map[string]string{"FLUXA_RELEASE": "linear"},
			[]string{`FLUXA_RELEASE must be canary, or empty where a new version takes over at once, got "linear"`},
		},
		"a level between": {
			map[string]string{"FLUXA_LOG_LEVEL": "info+1"},
			[]string{`FLUXA_LOG_LEVEL must be debug, info, warn or error, got "info+1"`},
		},
		"a bucket that is a URL": {
			map[string]string{"PAYLOAD_BUCKET": "s3://x"},
			[]string{`PAYLOAD_BUCKET must be the name of an S3 bucket: 3 to 63 of a-z 0-9 . -, got "s3://x"`},
		},
		"an ARN of something else": {
			map[string]string{"TOPIC_ARN": "arn:aws:sqs:eu-west-1:1:events"},
			[]string{`TOPIC_ARN must be the ARN of an SNS topic, got "arn:aws:sqs:eu-west-1:1:events"`},
		},
		"no database": {
			map[string]string{"DATABASE_URL": ""},
			[]string{"DATABASE_URL or DB_HOST with DB_USER must say where the database is, but none is set"},
		},
		"two databases": {
			map[string]string{"DB_HOST": "h"},
			[]string{"DATABASE_URL and DB_HOST with DB_USER are two ways to say the same: set one of them"},
		},
		"a database URL of another kind is not repeated": {
			map[string]string{"DATABASE_URL": "mysql://u:hunter2@h/d"},
			[]string{"DATABASE_URL must be a URL such as postgres://user:password@host:5432/name; the value given is not shown"},
		},
		"a database URL that does not parse is not repeated": {
			map[string]string{"DATABASE_URL": "postgres://u:hunter2@h:port/d"},
			[]string{"DATABASE_URL must be a URL such as postgres://user:password@host:5432/name; the value given is not shown"},
		},
		"a host without its user": {
			map[string]string{"DATABASE_URL": "", "DB_HOST": "h"},
			[]string{"DB_USER must be the name of a database user, but is not set"},
		},
		"a user that must be quoted": {
			map[string]string{"DATABASE_URL": "", "DB_HOST": "h", "DB_USER": "Fluxa"},
			[]string{`DB_USER must be the name of a database user, got "Fluxa"`},
		},
		"a user without its host": {
			map[string]string{"DATABASE_URL": "", "DB_USER": "u"},
			[]string{"DB_HOST must be a host name or address, but is not set"},
		},
		"a host that is a URL": {
			map[string]string{"DATABASE_URL": "", "DB_HOST": "postgres://h", "DB_USER": "u"},
			[]string{`DB_HOST must be a host name or address, got "postgres://h"`},
		},
		"numbers out of range": {
			map[string]string{"DB_PORT": "0", "DB_MAX_CONNS": "101", "FLUXA_RETRY_BASE_SECONDS": "0", "FLUXA_RETRY_MAX_SECONDS": "43201"},
			[]string{
				`DB_PORT must be a whole number from 1 to 65535, got "0"`,
				`DB_MAX_CONNS must be a whole number from 1 to 100, got "101"`,
				`FLUXA_RETRY_BASE_SECONDS must be a whole number from 1 to 43200, got "0"`,
				`FLUXA_RETRY_MAX_SECONDS must be a whole number from FLUXA_RETRY_BASE_SECONDS to 43200, got "43201"`,
			},
		},
		"text for a number": {
			map[string]string{"DB_PORT": "5432/tcp", "DB_MAX_CONNS": "99999999999999999999"},
			[]string{
				`DB_PORT must be a whole number from 1 to 65535, got "5432/tcp"`,
				`DB_MAX_CONNS must be a whole number from 1 to 100, got "99999999999999999999"`,
			},
		},
		"a base above the default maximum": {
			map[string]string{"FLUXA_RETRY_BASE_SECONDS": "1000"},
			[]string{`FLUXA_RETRY_MAX_SECONDS must be a whole number from FLUXA_RETRY_BASE_SECONDS to 43200, and its default is "60"`},
		},
		"a long value is shortened": {
			map[string]string{"PAYLOAD_BUCKET": strings.Repeat("ä", 200)},
			[]string{`PAYLOAD_BUCKET must be the name of an S3 bucket: 3 to 63 of a-z 0-9 . -, got "` + strings.Repeat("ä", 128) + `…"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load[config.Processor](with(c.changes))
			faults, ok := errors.AsType[*config.Error](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			var got []string
			for _, f := range faults.Faults {
				got = append(got, f.Detail)
				if !strings.HasPrefix(f.Detail, f.Variable+" ") {
					t.Errorf("%q does not begin with %s", f.Detail, f.Variable)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is shown: %v", err)
			}
		})
	}
}

func TestLoad_an_empty_environment_lacks_all_that_is_required(t *testing.T) {
	t.Parallel()
	_, err := config.Load[config.Processor](nil)
	const want = "the environment cannot be used: " +
		"FLUXA_ENVIRONMENT must be the name of the stage: 1 to 32 of a-z 0-9 -, beginning with a letter, but is not set; " +
		"QUEUE_URL must be the URL of the events queue, but is not set; " +
		"PAYLOAD_BUCKET must be the name of an S3 bucket: 3 to 63 of a-z 0-9 . -, but is not set; " +
		"DATABASE_URL or DB_HOST with DB_USER must say where the database is, but none is set; " +
		"DLQ_URL must be the URL of the dead-letter queue, but is not set; " +
		"TOPIC_ARN must be the ARN of an SNS topic, but is not set"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// With only its required variables, and the database's, each function loads;
// without any one of them it does not.
func TestVariables_tell_what_Load_wants(t *testing.T) {
	t.Parallel()
	testVariables[config.Ingest](t)
	testVariables[config.Processor](t)
	testVariables[config.Query](t)
	testVariables[config.Migrate](t)
	testVariables[config.Maintain](t)
	testVariables[config.Authorize](t)
}

func testVariables[T config.Settings](t *testing.T) {
	t.Helper()
	environ := map[string]string{}
	for _, v := range config.Variables[T]() {
		if v.Required || v.Name == "DATABASE_URL" {
			environ[v.Name] = good()[v.Name]
		}
	}
	if _, err := config.Load[T](list(environ)); err != nil {
		t.Errorf("%T: %v", *new(T), err)
	}
	for name := range environ {
		fewer := maps.Clone(environ)
		delete(fewer, name)
		_, err := config.Load[T](list(fewer))
		if faults, ok := errors.AsType[*config.Error](err); !ok || len(faults.Faults) != 1 || faults.Faults[0].Variable != name {
			t.Errorf("%T without %s: %v", *new(T), name, err)
		}
	}
}

func TestVariables_are_these(t *testing.T) {
	t.Parallel()
	service := []config.Variable{{Name: "FLUXA_ENVIRONMENT", Required: true}, {Name: "FLUXA_LOG_LEVEL", Default: "info"}, {Name: "FLUXA_RELEASE"}}
	queue := []config.Variable{{Name: "QUEUE_URL", Required: true}}
	payloads := []config.Variable{{Name: "PAYLOAD_BUCKET", Required: true}}
	clients := []config.Variable{{Name: config.EnvClients}}
	server := []config.Variable{
		{Name: "DATABASE_URL", Secret: true}, {Name: "DB_HOST"}, {Name: "DB_PORT", Default: "5432"},
		{Name: "DB_NAME", Default: "fluxa"}, {Name: "DB_CA_FILE"},
	}
	database := append(slices.Clone(server), config.Variable{Name: "DB_USER"}, config.Variable{Name: "DB_MAX_CONNS", Default: "2"})
	processor := []config.Variable{
		{Name: "FLUXA_RETRY_BASE_SECONDS", Default: "5"}, {Name: "FLUXA_RETRY_MAX_SECONDS", Default: "60"},
		{Name: "DLQ_URL", Required: true}, {Name: "TOPIC_ARN", Required: true},
	}
	reach := []config.Variable{{Name: "QUEUE_URL"}, {Name: "TOPIC_ARN"}, {Name: "PAYLOAD_BUCKET"}}
	for function, c := range map[string]struct{ got, want []config.Variable }{
		"ingest":    {config.Variables[config.Ingest](), slices.Concat(service, queue, payloads, clients)},
		"processor": {config.Variables[config.Processor](), slices.Concat(service, queue, payloads, database, processor)},
		"query":     {config.Variables[config.Query](), slices.Concat(service, payloads, database, clients)},
		"migrate":   {config.Variables[config.Migrate](), append(slices.Concat(service, server), config.Variable{Name: "DB_SECRET_ARN"})},
		"verify": {config.Variables[config.Verify](), append(slices.Clone(service),
			config.Variable{Name: "INGEST_VERSION_ARN", Required: true}, config.Variable{Name: "PROCESSOR_VERSION_ARN", Required: true},
			config.Variable{Name: "QUERY_VERSION_ARN", Required: true})},
		"maintain":  {config.Variables[config.Maintain](), append(slices.Concat(service, database, reach), config.Variable{Name: "FLUXA_DAILY_EXPORT"}, config.Variable{Name: "FLUXA_RETENTION_DAYS", Required: true})},
		"authorize": {config.Variables[config.Authorize](), append(slices.Clone(service), config.Variable{Name: "JWT_ISSUER", Required: true}, config.Variable{Name: "JWT_AUDIENCE", Required: true})},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: got\n%+v, want\n%+v", function, c.got, c.want)
		}
	}
}

func TestSecret_is_shown_by_Reveal_only(t *testing.T) {
	t.Parallel()
	loaded, err := config.Load[config.Migrate](with(nil))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(loaded)
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("loaded", "url", loaded.URL, "all", loaded)
	shown := fmt.Sprintf("%v %+v %#v %s %q %x %d", loaded, loaded, loaded, loaded.URL, loaded.URL, loaded.URL, loaded.URL)
	for _, text := range []string{shown, string(encoded), logged.String()} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "68756e746572") || !strings.Contains(text, "[redacted]") {
			t.Errorf("it shows %s", text)
		}
	}
	if got := loaded.URL.Reveal(); got != good()["DATABASE_URL"] {
		t.Errorf("Reveal gives %q", got)
	}
}
