package stack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/eventsource"
	"github.com/fluxa/fluxa/emulator/gateway"
	"github.com/fluxa/fluxa/emulator/lambda"
	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/local/postgres"
	"github.com/fluxa/fluxa/pkg/contract"
)

// stopTimeout bounds the orderly end of everything.
const stopTimeout = 30 * time.Second

// Stack is a running product. Its parts are there to look at and, in tests, to
// break.
type Stack struct {
	cfg       Config
	info      Info
	database  *postgres.Server // nil when the URL was given
	resources *resources
	functions *functions
	server    *http.Server

	cancelWatch context.CancelFunc // of the watch over PostgreSQL
	work        sync.WaitGroup
	failed      chan error
	// started is what has to be stopped, in the order it was started.
	started []func(context.Context) error
}

// Start brings everything up and returns when the API answers. ctx bounds the
// start; Stop ends the stack. What was started is stopped again when a later part
// fails.
func Start(ctx context.Context, cfg Config) (s *Stack, err error) {
	cfg, err = cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	background := context.WithoutCancel(ctx)
	watch, cancel := context.WithCancel(background)
	s = &Stack{cfg: cfg, cancelWatch: cancel, failed: make(chan error, 8)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
		}
	}()
	if err := makeDir(cfg.Dir); err != nil {
		return s, err
	}
	api, endpoint, err := s.listen()
	if err != nil {
		return s, err
	}
	if err := s.startResources(ctx, background, endpoint); err != nil {
		return s, err
	}
	if err := s.startDatabase(ctx, watch); err != nil {
		return s, err
	}
	if s.functions, err = startFunctions(cfg, s.resources, s.info.DatabaseURL); err != nil {
		return s, err
	}
	s.onStop(s.functions.close)
	if err := s.resources.serveInvoke(s.functions); err != nil {
		return s, err
	}
	if err := s.functions.migrate(ctx); err != nil {
		return s, err
	}
	if err := s.functions.warm(ctx); err != nil {
		return s, err
	}
	if err := s.startMapping(background); err != nil {
		return s, err
	}
	if err := s.startAPI(api); err != nil {
		return s, err
	}
	return s, WriteInfo(cfg.Dir, s.info)
}

func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the data folder cannot be made (choose another with --dir): %w", err)
	}
	probe, err := os.CreateTemp(dir, ".probe-")
	if err != nil {
		return fmt.Errorf("the data folder cannot be written (choose another with --dir): %w", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

func (s *Stack) onStop(stop func(context.Context) error) { s.started = append(s.started, stop) }

// listen takes the ports before anything is started, so that a busy one is told
// of at once.
func (s *Stack) listen() (api, endpoint net.Listener, err error) {
	if api, err = listenOn(s.cfg.Host, s.cfg.Port, s.cfg.Port); err != nil {
		return nil, nil, err
	}
	s.onStop(func(context.Context) error { return closeListener(api) })
	next := 0
	if s.cfg.Port != 0 {
		next = s.cfg.Port + 1
	}
	if endpoint, err = listenOn(s.cfg.Host, next, s.cfg.Port); err != nil {
		return nil, nil, err
	}
	s.onStop(func(context.Context) error { return closeListener(endpoint) })
	s.info = Info{
		PID: os.Getpid(), Region: Region, APIKey: s.cfg.APIKey, Bucket: Bucket, LogDir: filepath.Join(s.cfg.Dir, "logs"),
		APIURL: "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(portOf(api))),
	}
	return api, endpoint, nil
}

func listenOn(host string, port, asked int) (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("port %d is in use: stop what uses it (`make down` if it is a stack of yours), or take others with PORT=%d make up", port, asked+1000)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on port %d: %w", port, err)
	}
	return l, nil
}

func closeListener(l net.Listener) error {
	if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (s *Stack) startResources(ctx, background context.Context, l net.Listener) error {
	var err error
	if s.resources, err = openResources(ctx, s.cfg, l); err != nil {
		return err
	}
	s.onStop(func(context.Context) error { return s.resources.close() })
	serving, stop := context.WithCancel(background)
	served := make(chan error, 1)
	go func() { served <- s.resources.endpoint.Serve(serving, l) }()
	s.onStop(func(context.Context) error { stop(); return <-served })
	s.info.AWSEndpoint, s.info.TopicARN = s.resources.url, s.resources.topicARN
	s.info.QueueURL, s.info.DLQURL = s.resources.queueURL(EventsQueue), s.resources.queueURL(DLQ)
	return nil
}

func (s *Stack) startDatabase(ctx, watch context.Context) error {
	if s.cfg.DatabaseURL != "" {
		s.info.DatabaseURL = s.cfg.DatabaseURL
		return postgres.Probe(ctx, s.cfg.DatabaseURL)
	}
	port := 0
	if s.cfg.Port != 0 {
		port = s.cfg.Port + 2
	}
	cfg := postgres.Config{Dir: filepath.Join(s.cfg.Dir, "postgres"), Port: port, Progress: s.cfg.Out, Logger: s.cfg.Logger}
	if s.cfg.Tuning.ThrowAway {
		// Commits still reach the operating system: they outlive a kill -9.
		cfg.Settings = map[string]string{"fsync": "off", "full_page_writes": "off"}
	}
	server, err := postgres.Start(ctx, cfg)
	if err != nil {
		return err
	}
	s.database, s.info.DatabaseURL = server, server.URL()
	s.onStop(server.Stop)
	s.work.Go(func() { s.watchDatabase(watch) })
	return nil
}

// watchDatabase starts PostgreSQL again when it dies, as RDS does. After three
// deaths within a minute it gives the stack up.
func (s *Stack) watchDatabase(ctx context.Context) {
	var deaths []time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.database.Done():
		}
		if ctx.Err() != nil {
			return
		}
		now := time.Now()
		deaths = append(deaths, now)
		cause := s.database.Err()
		if len(deaths) > 3 && now.Sub(deaths[len(deaths)-4]) < time.Minute {
			s.failed <- fmt.Errorf("PostgreSQL keeps dying, see %s: %w", s.database.LogFile(), cause)
			return
		}
		s.cfg.Logger.Warn("PostgreSQL died and is started again", "error", cause, "log", s.database.LogFile())
		if err := s.database.Restart(ctx); err != nil {
			if ctx.Err() == nil {
				s.failed <- fmt.Errorf("start PostgreSQL again: %w", err)
			}
			return
		}
	}
}

func (s *Stack) startMapping(background context.Context) error {
	mapping, err := eventsource.New(eventsource.Config{
		Function: s.functions.byName[contract.FunctionProcessor], FunctionName: string(contract.FunctionProcessor),
		FunctionTimeout: s.cfg.Tuning.ProcessorTimeout, Queue: s.SQS(), QueueURL: s.info.QueueURL,
		BatchSize: s.cfg.Tuning.BatchSize, MaximumBatchingWindow: s.cfg.Tuning.BatchWindow,
		MaximumConcurrency: s.cfg.Tuning.ProcessorConcurrency, ReportBatchItemFailures: true, Logger: s.cfg.Logger,
	})
	if err != nil {
		return err
	}
	polling, stop := context.WithCancel(background)
	ran := make(chan error, 1)
	go func() {
		err := mapping.Run(polling)
		if err != nil && polling.Err() == nil {
			s.failed <- fmt.Errorf("the event source mapping ended: %w", err)
		}
		ran <- err
	}()
	s.onStop(func(context.Context) error { stop(); return <-ran })
	return nil
}

func (s *Stack) startAPI(l net.Listener) error {
	api, err := gateway.New(gateway.Config{
		Routes: s.functions.routes(), APIKey: s.cfg.APIKey, Stage: Stage, AccountID: AccountID, Logger: s.cfg.Logger,
	})
	if err != nil {
		return err
	}
	s.server = gateway.NewServer(api, s.cfg.Logger)
	served := make(chan error, 1)
	go func() {
		err := s.server.Serve(l)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		} else {
			s.failed <- fmt.Errorf("the API ended: %w", err)
		}
		served <- err
	}()
	s.onStop(func(ctx context.Context) error { return errors.Join(s.server.Shutdown(ctx), <-served) })
	return nil
}

// Stop ends everything in the reverse order of its start, and returns when no
// process is left. What does not end in time is killed. The data stays.
func (s *Stack) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	s.cancelWatch()
	var errs []error
	for len(s.started) > 0 {
		last := len(s.started) - 1
		errs = append(errs, s.started[last](ctx))
		s.started = s.started[:last]
	}
	s.work.Wait()
	if s.info.PID != 0 {
		errs = append(errs, removeInfo(s.cfg.Dir, s.info.PID))
	}
	return errors.Join(errs...)
}

// Failed delivers what ends the stack from within.
func (s *Stack) Failed() <-chan error { return s.failed }

// Info tells where the parts are.
func (s *Stack) Info() Info { return s.info }

// Endpoint is the AWS endpoint, where a test breaks a service.
func (s *Stack) Endpoint() *endpoint.Endpoint { return s.resources.endpoint }

// Queues is the SQS emulation, where a test counts messages.
func (s *Stack) Queues() *sqs.Server { return s.resources.queues }

// Database is the PostgreSQL server that the stack started, nil when it was given
// a URL.
func (s *Stack) Database() *postgres.Server { return s.database }

// Function is one of the functions, where a test kills a process.
func (s *Stack) Function(name contract.Function) *lambda.Function { return s.functions.byName[name] }

// SQS returns a client of the AWS SDK for the local queues.
func (s *Stack) SQS() *awssqs.Client {
	return awssqs.New(awssqs.Options{
		Region: Region, BaseEndpoint: aws.String(s.info.AWSEndpoint),
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

// Run is Start, a word on where everything is, and Stop when ctx ends or a part
// fails.
func Run(ctx context.Context, cfg Config) error {
	began := time.Now()
	s, err := Start(ctx, cfg)
	if err != nil {
		if ctx.Err() != nil {
			return nil // stopped by the person who started it
		}
		return err
	}
	s.announce(time.Since(began))
	select {
	case <-ctx.Done():
		fmt.Fprintln(s.cfg.Out, "\nstopping …")
	case err = <-s.failed:
		s.cfg.Logger.LogAttrs(ctx, slog.LevelError, "stopping", slog.String("error", err.Error()))
	}
	return errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
}
