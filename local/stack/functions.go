package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/fluxa/fluxa/emulator/gateway"
	"github.com/fluxa/fluxa/emulator/lambda"
	"github.com/fluxa/fluxa/local/logfile"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
)

// The most processes of one function at a time. An HTTP function answers 429 to
// more callers, as on AWS.
const (
	httpConcurrency      = 32
	processorConcurrency = 4
)

// logLimit is how large a function's log grows before it is set aside.
const logLimit = 32 << 20

// AccessLog is a file in Info.LogDir. It has a line for each request, those that no function saw among them, as API
// Gateway's access log has.
const AccessLog = "access.log"

// functions are the platform's functions under the local Lambda runtime.
type functions struct {
	byName map[contract.Function]*lambda.Function
	logs   []*logfile.Log
}

// settings is what a stage sets for one function.
type settings struct {
	timeout     time.Duration
	concurrency int
	memoryMiB   int
	env         map[string]string
}

func settingsOf(cfg Config, r *resources, databaseURL string, users map[contract.Function]string) map[contract.Function]settings {
	tuning, known := cfg.Tuning, cfg.known()
	service := config.Service{Environment: Stage}
	payloads := config.Payloads{PayloadBucket: Bucket}
	queue := config.Queue{QueueURL: r.queueURL(EventsQueue)}
	database := func(f contract.Function, maxConns int) config.Database {
		return config.Database{Server: config.Server{URL: config.Secret(users[f])}, MaxConns: maxConns}
	}
	return map[contract.Function]settings{
		contract.FunctionIngest: {contract.HandlerTimeout, httpConcurrency, 256,
			config.Environ(config.Ingest{Service: service, Queue: queue, Payloads: payloads, Known: known})},
		contract.FunctionQuery: {contract.HandlerTimeout, httpConcurrency, 256,
			config.Environ(config.Query{Service: service, Payloads: payloads, Database: database(contract.FunctionQuery, 1), Known: known})}, // a process serves one request at a time
		contract.FunctionProcessor: {tuning.timeout(), processorConcurrency, 1024,
			config.Environ(config.Processor{
				Service: service, Queue: queue, Payloads: payloads, Database: database(contract.FunctionProcessor, 0), Retry: tuning.Retry,
				DLQURL: r.queueURL(DLQ), TopicARN: r.topicARN,
			})},
		contract.FunctionMigrate: {contract.MigrateTimeout, 1, 256,
			config.Environ(config.Migrate{Service: service, Administration: config.Administration{Server: config.Server{URL: config.Secret(databaseURL)}}})},
		contract.FunctionMaintain: {contract.MaintainTimeout, 2, 256, // an operator's operation beside the schedule
			config.Environ(config.Maintain{Service: service, RetentionDays: tuning.RetentionDays, Database: database(contract.FunctionMaintain, 1), Reach: reachOf(r)})},
	}
}

// reachOf is what operators' operations work with.
func reachOf(r *resources) config.Reach {
	return config.Reach{QueueURL: r.queueURL(EventsQueue), TopicARN: r.topicARN, PayloadBucket: Bucket}
}

// userURLs are the URLs by which the functions log in. Migrate makes the users.
func userURLs(databaseURL string) (map[contract.Function]string, error) {
	urls := map[contract.Function]string{}
	for _, f := range []contract.Function{contract.FunctionProcessor, contract.FunctionQuery, contract.FunctionMaintain} {
		url, err := pgmigrate.UserURL(databaseURL, contract.DatabaseUser(f))
		if err != nil {
			return nil, err
		}
		urls[f] = url
	}
	return urls, nil
}

// sdkVariables are what the AWS SDK and OpenTelemetry read by themselves, in every
// function. collector may be empty.
func sdkVariables(endpoint, collector string) map[string]string {
	out := map[string]string{"AWS_ENDPOINT_URL": endpoint}
	if collector != "" {
		out[contract.VariableOTLPEndpoint] = collector
	}
	for _, name := range []string{contract.VariableOTLPEndpoint, "OTEL_EXPORTER_OTLP_HEADERS"} {
		if value := os.Getenv(name); value != "" {
			out[name] = value
		}
	}
	return out
}

func startFunctions(cfg Config, r *resources, databaseURL, collector string) (f *functions, err error) {
	f = &functions{byName: map[contract.Function]*lambda.Function{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close(context.Background()))
		}
	}()
	logs := filepath.Join(cfg.Dir, "logs")
	if err := os.MkdirAll(logs, 0o700); err != nil {
		return f, fmt.Errorf("make the log folder: %w", err)
	}
	users, err := userURLs(databaseURL)
	if err != nil {
		return f, err
	}
	for name, s := range settingsOf(cfg, r, databaseURL, users) {
		maps.Copy(s.env, sdkVariables(r.url, collector))
		file, err := logfile.New(filepath.Join(logs, string(name)+".log"), logLimit, 0o600)
		if err != nil {
			return f, err
		}
		f.logs = append(f.logs, file)
		function, err := lambda.New(lambda.Config{
			Name: contract.Named("", string(name), Stage), Binary: cfg.binary(name), Env: s.env,
			Timeout: s.timeout, MemoryMiB: s.memoryMiB, MaxConcurrency: s.concurrency,
			IdleTimeout: 5 * time.Minute, Region: Region, AccountID: AccountID, Logs: file, Logger: cfg.Logger,
		})
		if err != nil {
			return f, err
		}
		f.byName[name] = function
	}
	return f, nil
}

// migrate runs the migrate function, as a deploy does.
func (f *functions) migrate(ctx context.Context) error {
	return f.call(ctx, contract.FunctionMigrate, "apply the migrations")
}

// maintain runs the maintain function once.
func (f *functions) maintain(ctx context.Context) error {
	return f.call(ctx, contract.FunctionMaintain, "maintain the tables")
}

func (f *functions) call(ctx context.Context, name contract.Function, what string) error {
	answer, functionError, err := f.byName[name].Call(ctx, []byte("{}"), "")
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if functionError != "" {
		return fmt.Errorf("%s: %s", what, reasonOf(answer))
	}
	return nil
}

// reasonOf is why a function failed, as Lambda reports it.
func reasonOf(answer []byte) string {
	var fault struct {
		Message string `json:"errorMessage"`
	}
	if err := json.Unmarshal(answer, &fault); err != nil || fault.Message == "" {
		return string(answer)
	}
	return fault.Message
}

// warm starts one process of each function that serves, so that one that cannot
// start is reported now.
func (f *functions) warm(ctx context.Context) error {
	for _, name := range []contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionQuery} {
		if err := f.byName[name].Warm(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (f *functions) routes() []gateway.Route {
	var out []gateway.Route
	for _, r := range contract.Routes() {
		out = append(out, gateway.Route{Method: r.Method, Path: r.Path, Function: f.byName[r.Function], AuthRequired: r.KeyRequired})
	}
	return out
}

// gatewayCodes are the codes of what the gateway answers itself, as on AWS
// (cdk/construct/gateway_answers.go).
func gatewayCodes() map[int]string {
	return map[int]string{
		http.StatusBadRequest:            string(fault.InvalidValue),
		http.StatusForbidden:             string(fault.Forbidden),
		http.StatusNotFound:              string(fault.NotFound),
		http.StatusMethodNotAllowed:      string(fault.MethodNotAllowed),
		http.StatusRequestEntityTooLarge: string(fault.PayloadTooLarge),
		http.StatusTooManyRequests:       string(fault.RateLimited),
		http.StatusBadGateway:            string(fault.Internal),
		http.StatusGatewayTimeout:        string(fault.Internal),
	}
}

func (f *functions) close(ctx context.Context) error {
	var errs []error
	for _, function := range f.byName {
		errs = append(errs, function.Close(ctx))
	}
	for _, file := range f.logs {
		errs = append(errs, file.Close())
	}
	return errors.Join(errs...)
}
