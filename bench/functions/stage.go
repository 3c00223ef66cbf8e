package functions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/fluxa/fluxa/bench"
	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/sns"
	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// The memory of the functions, as prod has it.
const (
	ingestMemoryMiB    = 1024
	processorMemoryMiB = 1024
	queryMemoryMiB     = 512
	upkeepMemoryMiB    = 256 // of migrate and maintain
)

const queryTimeout = time.Minute

const (
	stageName = "bench"
	queueName = "events"
	dlqName   = "dlq"
	topicName = "notifications"
	bucket    = "fluxa-payloads-bench"
)

// Stage is what one version of the functions works with: a database that its own
// migrations have made, and an emulated SQS and SNS. It must be closed.
type Stage struct {
	version  *Version
	database *pgxpool.Pool
	queues   *sqs.Server
	topic    *subscribers
	environ  map[contract.Function]map[string]string
	stop     func() error
}

// NewStage makes a stage for a version that was built. The database is a new one in the
// server of the URL, the folder for the queues must exist.
func NewStage(ctx context.Context, v *Version, serverURL, folder string) (_ *Stage, err error) {
	s := &Stage{version: v, topic: &subscribers{}, stop: func() error { return nil }}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("make a stage for %s: %w", v.Name, err), s.Close())
		}
	}()
	logger := slog.New(slog.DiscardHandler)
	if s.queues, err = sqs.Open(sqs.Config{Path: filepath.Join(folder, v.Name+".db"), Logger: logger, NoSync: true}); err != nil {
		return nil, err
	}
	for _, name := range []string{queueName, dlqName} {
		if _, err := s.queues.EnsureQueue(ctx, name, nil); err != nil {
			return nil, err
		}
	}
	topics, err := sns.New(sns.Config{Queues: s.topic, Logger: logger})
	if err != nil {
		return nil, err
	}
	topicARN, err := topics.CreateTopic(topicName)
	if err != nil {
		return nil, err
	}
	if err := topics.Subscribe(topicARN, "arn:aws:sqs:"+sqs.Region+":"+sqs.AccountID+":subscribers"); err != nil {
		return nil, err
	}
	services, err := endpoint.New(endpoint.Config{SQS: s.queues, SNS: topics, Logger: logger})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the functions: %w", err)
	}
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- services.Serve(serving, listener) }()
	s.stop = func() error { cancel(); return <-served }
	url := "http://" + listener.Addr().String()
	making, done := context.WithTimeout(ctx, queryTimeout)
	defer done()
	databaseURL, pool, err := bench.NewDatabase(making, serverURL, "bench_functions_"+v.Name)
	if err != nil {
		return nil, err
	}
	s.database, s.environ = pool, environs(url, databaseURL, topicARN)
	return s, s.prepare(ctx)
}

// environs returns the functions' environments. The names of the variables are the same
// in every version.
func environs(url, databaseURL, topicARN string) map[contract.Function]map[string]string {
	service, payloads := config.Service{Environment: stageName}, config.Payloads{PayloadBucket: bucket}
	queue := config.Queue{QueueURL: url + "/" + sqs.AccountID + "/" + queueName}
	server := config.Server{URL: config.Secret(databaseURL)}
	database := config.Database{Server: server}
	all := map[contract.Function]map[string]string{
		contract.FunctionIngest: config.Environ(config.Ingest{Service: service, Queue: queue, Payloads: payloads}),
		contract.FunctionProcessor: config.Environ(config.Processor{
			Service: service, Queue: queue, Payloads: payloads, Database: database,
			DLQURL: url + "/" + sqs.AccountID + "/" + dlqName, TopicARN: topicARN,
		}),
		contract.FunctionMigrate:  config.Environ(config.Migrate{Service: service, Administration: config.Administration{Server: server}}),
		contract.FunctionMaintain: config.Environ(config.Maintain{Service: service, Database: database}),
	}
	for _, environ := range all {
		maps.Copy(environ, map[string]string{"AWS_ENDPOINT_URL": url})
	}
	return all
}

// prepare makes the tables, by the version's own functions.
func (s *Stage) prepare(ctx context.Context) error {
	for _, f := range []contract.Function{contract.FunctionMigrate, contract.FunctionMaintain} {
		if !s.version.has(f) {
			continue
		}
		p, err := s.start(ctx, f, upkeepMemoryMiB)
		if err != nil {
			return err
		}
		_, err = p.invoke(ctx, []byte("{}"))
		if err := errors.Join(err, p.close()); err != nil {
			return err
		}
	}
	return nil
}

// start starts a function, with further variables as pairs of name and value.
func (s *Stage) start(ctx context.Context, f contract.Function, memoryMiB int, variables ...string) (*process, error) {
	environ := maps.Clone(s.environ[f])
	for pair := range slices.Chunk(variables, 2) {
		environ[pair[0]] = pair[1]
	}
	return start(ctx, string(f), s.version.executable(f), memoryMiB, environ)
}

// stored returns how many events the database has as stored for good.
func (s *Stage) stored(ctx context.Context) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	err = s.database.QueryRow(ctx, "SELECT count(*) FROM events JOIN idempotency_keys k USING (event_id) WHERE k.status = 'success'").Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the events of %s: %w", s.version.Name, err)
	}
	return n, nil
}

// Close ends the services. The database stays, for the server's owner to remove.
func (s *Stage) Close() error {
	errs := []error{s.stop()}
	if s.queues != nil {
		errs = append(errs, s.queues.Close())
	}
	if s.database != nil {
		s.database.Close()
	}
	return errors.Join(errs...)
}

// subscribers takes what the topic delivers and counts it.
type subscribers struct{ notified atomic.Int64 }

// Deliver implements sns.Queues.
func (s *subscribers) Deliver(context.Context, string, sqs.Outgoing) error {
	s.notified.Add(1)
	return nil
}
