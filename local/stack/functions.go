package stack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/fluxa/fluxa/emulator/gateway"
	"github.com/fluxa/fluxa/emulator/lambda"
	"github.com/fluxa/fluxa/pkg/contract"
)

// httpConcurrency bounds the processes of one HTTP function. More callers at once
// are told to slow down, as on AWS.
const httpConcurrency = 32

// logLimit is how large a function's log may be when a stack starts; a larger one
// is set aside, in place of the one set aside before.
const logLimit = 64 << 20

// functions are the platform's functions under the local Lambda runtime.
type functions struct {
	byName map[contract.Function]*lambda.Function
	logs   []*os.File
}

// settings is what a stage sets for one function.
type settings struct {
	timeout     time.Duration
	concurrency int
	memoryMiB   int
	env         map[string]string
}

func settingsOf(cfg Config, r *resources, databaseURL string) map[contract.Function]settings {
	service := map[string]string{"FLUXA_ENVIRONMENT": Stage, "FLUXA_LOG_LEVEL": "info", "AWS_ENDPOINT_URL": r.url}
	database := map[string]string{"DATABASE_URL": databaseURL}
	payloads := map[string]string{"PAYLOAD_BUCKET": Bucket}
	queue := map[string]string{"QUEUE_URL": r.queueURL(EventsQueue)}
	one := map[string]string{"DB_MAX_CONNS": "1"} // a process serves one request at a time
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"} {
		if value := os.Getenv(name); value != "" {
			service[name] = value
		}
	}
	return map[contract.Function]settings{
		contract.FunctionIngest: {contract.HandlerTimeout, httpConcurrency, 256, merge(service, payloads, queue)},
		contract.FunctionQuery:  {contract.HandlerTimeout, httpConcurrency, 256, merge(service, database, payloads, one)},
		contract.FunctionProcessor: {cfg.Tuning.ProcessorTimeout, cfg.Tuning.ProcessorConcurrency, 1024,
			merge(service, database, payloads, queue, map[string]string{
				"DLQ_URL": r.queueURL(DLQ), "TOPIC_ARN": r.topicARN,
				"FLUXA_RETRY_BASE_SECONDS": strconv.Itoa(cfg.Tuning.RetryBaseSeconds),
				"FLUXA_RETRY_MAX_SECONDS":  strconv.Itoa(cfg.Tuning.RetryMaxSeconds),
			})},
		contract.FunctionMigrate: {contract.MigrateTimeout, 1, 256, merge(service, database)},
	}
}

func merge(parts ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, part := range parts {
		maps.Copy(out, part)
	}
	return out
}

func startFunctions(cfg Config, r *resources, databaseURL string) (f *functions, err error) {
	f = &functions{byName: map[contract.Function]*lambda.Function{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close(context.Background()))
		}
	}()
	logs := filepath.Join(cfg.Dir, "logs")
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return f, fmt.Errorf("make the log folder: %w", err)
	}
	for name, s := range settingsOf(cfg, r, databaseURL) {
		file, err := openLog(filepath.Join(logs, string(name)+".log"))
		if err != nil {
			return f, err
		}
		f.logs = append(f.logs, file)
		function, err := lambda.New(lambda.Config{
			Name: "fluxa-" + string(name) + "-" + Stage, Binary: cfg.binary(name), Env: s.env,
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

func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("set the old log aside: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return file, nil
}

// serveInvoke lets AWS SDKs invoke the functions at the endpoint.
func (r *resources) serveInvoke(f *functions) error {
	service, err := lambda.NewService(slices.Collect(maps.Values(f.byName))...)
	if err != nil {
		return err
	}
	r.invoke.Store(service)
	return nil
}

// migrate runs the migrate function, as a deploy does.
func (f *functions) migrate(ctx context.Context) error {
	answer, functionError, err := f.byName[contract.FunctionMigrate].Call(ctx, []byte("{}"), "")
	if err != nil {
		return fmt.Errorf("apply the migrations: %w", err)
	}
	if functionError != "" {
		return fmt.Errorf("apply the migrations: %s: %s", functionError, answer)
	}
	return nil
}

// warm starts one process of each function that serves, so that one that cannot
// start is told of now.
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
