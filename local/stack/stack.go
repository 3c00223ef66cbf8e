package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/emulator/eventsource"
	"github.com/fluxa/fluxa/emulator/gateway"
	"github.com/fluxa/fluxa/local/logfile"
	"github.com/fluxa/fluxa/local/postgres"
	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// stopTimeout bounds the orderly end of everything.
const stopTimeout = 30 * time.Second

// loopback is where everything is reached from this machine.
const loopback = "127.0.0.1"

// Stack is a running product.
type Stack struct {
	cfg       Config
	info      Info
	resources *resources
	functions *functions
	failed    chan error // what ends the stack from within
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
	s = &Stack{cfg: cfg, failed: make(chan error, 8)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop(background))
		}
	}()
	if err := makeDir(cfg.Dir); err != nil {
		return s, err
	}
	api, endpoint, err := s.listen()
	if err != nil {
		return s, err
	}
	if s.resources, err = openResources(ctx, cfg, endpoint); err != nil {
		return s, err
	}
	s.onStop(func(context.Context) error { return s.resources.close() })
	if err := s.startDatabase(ctx, background); err != nil {
		return s, err
	}
	collector, err := s.startCollector(background)
	if err != nil {
		return s, err
	}
	if s.functions, err = startFunctions(cfg, s.resources, s.info.DatabaseURL, collector); err != nil {
		return s, err
	}
	s.onStop(s.functions.close)
	if err := s.resources.openEndpoint(s.functions, cfg.Tuning, cfg.Logger); err != nil {
		return s, err
	}
	s.run(background, "the AWS endpoint", func(ctx context.Context) error { return s.resources.endpoint.Serve(ctx, endpoint) })
	if err := s.functions.migrate(ctx); err != nil {
		return s, err
	}
	if err := s.functions.maintain(ctx); err != nil {
		return s, err
	}
	s.run(background, "the maintenance", s.maintain)
	if err := s.functions.warm(ctx); err != nil {
		return s, err
	}
	if err := s.startMapping(background); err != nil {
		return s, err
	}
	s.describe(api)
	if err := s.startAPI(background, api); err != nil {
		return s, err
	}
	if cfg.Watch != nil {
		s.run(background, "the watch", func(ctx context.Context) error { return cfg.Watch(ctx, s) })
	}
	return s, WriteInfo(cfg.Dir, s.info)
}

// run runs a part in the background until the stack stops. A part that ends by
// itself ends the stack.
func (s *Stack) run(background context.Context, name string, part func(context.Context) error) {
	ctx, stop := context.WithCancel(background)
	ran := make(chan error, 1)
	go func() {
		err := part(ctx)
		if err != nil && ctx.Err() == nil {
			s.failed <- fmt.Errorf("%s ended: %w", name, err)
			err = nil // reported
		}
		ran <- err
	}()
	s.onStop(func(context.Context) error { stop(); return <-ran })
}

// describe fills in what the stack says about itself.
func (s *Stack) describe(api net.Listener) {
	s.info = Info{
		PID: os.Getpid(), APIURL: urlOf(api), AWSEndpoint: s.resources.url, DatabaseURL: s.info.DatabaseURL,
		QueueURL: s.resources.queueURL(EventsQueue), DLQURL: s.resources.queueURL(DLQ), Bucket: Bucket, TopicARN: s.resources.topicARN,
		Region: Region, APIKey: s.cfg.APIKey, Clients: s.cfg.clientNames(), LogDir: filepath.Join(s.cfg.Dir, "logs"),
	}
	if s.cfg.Console != nil {
		s.info.ConsoleURL = s.info.APIURL + ConsolePath
	}
	if s.cfg.Reference != nil {
		s.info.ReferenceURL = s.info.APIURL + ReferencePath
	}
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

// listen opens the ports before anything is started, so that a busy one is
// reported at once. PostgreSQL opens its own later: here it is only tried.
func (s *Stack) listen() (api, endpoint net.Listener, err error) {
	if api, err = s.listenOn(s.cfg.Host, s.port(0)); err != nil {
		return nil, nil, err
	}
	if endpoint, err = s.listenOn(s.cfg.Host, s.port(1)); err != nil {
		return nil, nil, err
	}
	if s.cfg.DatabaseURL == "" {
		trial, err := s.listenOn(loopback, s.port(2))
		if err != nil {
			return nil, nil, err
		}
		if err := trial.Close(); err != nil {
			return nil, nil, fmt.Errorf("close the port that PostgreSQL is to have: %w", err)
		}
	}
	return api, endpoint, nil
}

// port is the n-th of the stack's ports, zero when any free one will do.
func (s *Stack) port(n int) int {
	if s.cfg.Port == 0 {
		return 0
	}
	return s.cfg.Port + n
}

func (s *Stack) listenOn(host string, port int) (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, portError(s.cfg.Port, port, err)
	}
	s.onStop(func(context.Context) error { return closeListener(l) })
	return l, nil
}

// portError says what to do about one of the ports that begin with first.
func portError(first, port int, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port %d is in use: stop what uses it (`make down` if it is a stack of yours), or choose others with PORT=%d make up", port, first+1000)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("port %d may not be had by this user: those below 1024 are root's alone; choose others, such as PORT=8080 make up", port)
	}
	return fmt.Errorf("listen on port %d: %w", port, err)
}

// urlOf is how a listener is reached from this machine.
func urlOf(l net.Listener) string {
	address := l.Addr().(*net.TCPAddr)
	host := loopback
	if !address.IP.IsUnspecified() {
		host = address.IP.String()
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(address.Port))
}

func closeListener(l net.Listener) error {
	if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (s *Stack) startDatabase(ctx, background context.Context) error {
	if s.cfg.DatabaseURL != "" {
		s.info.DatabaseURL = s.cfg.DatabaseURL
		return postgres.Probe(ctx, s.cfg.DatabaseURL)
	}
	cfg := postgres.Config{Dir: filepath.Join(s.cfg.Dir, "postgres"), Port: s.port(2), Progress: s.cfg.Out, Logger: s.cfg.Logger}
	if s.cfg.Tuning.ThrowAway {
		// Commits still reach the operating system: they outlive a kill -9.
		cfg.Settings = map[string]string{"fsync": "off", "full_page_writes": "off"}
	}
	server, err := postgres.Start(ctx, cfg)
	if err != nil {
		return err
	}
	s.info.DatabaseURL = server.URL()
	s.onStop(server.Stop)
	s.run(background, "PostgreSQL", func(ctx context.Context) error { return s.keepUp(ctx, server) })
	return nil
}

// keepUp starts PostgreSQL again when it dies, as RDS does. It fails after the
// fourth death within a minute.
func (s *Stack) keepUp(ctx context.Context, server *postgres.Server) error {
	var deaths []time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-server.Done():
		}
		cause := server.Err()
		if ctx.Err() != nil || cause == nil {
			return nil
		}
		deaths = append(deaths, time.Now())
		if n := len(deaths); n > 3 && deaths[n-1].Sub(deaths[n-4]) < time.Minute {
			return fmt.Errorf("it keeps dying, see %s: %w", server.LogFile(), cause)
		}
		s.cfg.Logger.Warn("PostgreSQL died and is started again", "error", cause, "log", server.LogFile())
		if err := server.Restart(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("start it again: %w", err)
		}
	}
}

// maintain runs the maintain function as EventBridge Scheduler does. What a run that
// fails leaves undone the next one does.
func (s *Stack) maintain(ctx context.Context) error {
	ticker := time.NewTicker(contract.MaintainEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := s.functions.maintain(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Logger.Warn("the tables could not be maintained", "error", err)
			}
		}
	}
}

func (s *Stack) startMapping(background context.Context) error {
	mapping, err := eventsource.New(eventsource.Config{
		Function: s.functions.byName[contract.FunctionProcessor], FunctionName: string(contract.FunctionProcessor),
		FunctionTimeout: s.cfg.Tuning.timeout(), Queue: s.SQS(), QueueURL: s.resources.queueURL(EventsQueue),
		BatchSize: s.cfg.Tuning.batchSize(), MaximumBatchingWindow: s.cfg.Tuning.BatchWindow,
		MaximumConcurrency: processorConcurrency, ReportBatchItemFailures: true, Logger: s.cfg.Logger,
	})
	if err != nil {
		return err
	}
	s.run(background, "the event source mapping", mapping.Run)
	return nil
}

func (s *Stack) startAPI(background context.Context, l net.Listener) error {
	access, err := logfile.New(filepath.Join(s.cfg.Dir, "logs", AccessLog), logLimit, 0o600)
	if err != nil {
		return err
	}
	s.onStop(func(context.Context) error { return access.Close() })
	logger := slog.New(slog.NewMultiHandler(s.cfg.Logger.Handler(), telemetry.NewLogger(access, telemetry.Service{Name: "access", Environment: Stage}, slog.LevelInfo).Handler()))
	api, err := gateway.New(gateway.Config{
		Routes: s.functions.routes(), APIKeys: s.cfg.apiKeys(), Stage: Stage, AccountID: AccountID, Compress: true, Codes: gatewayCodes(), Logger: logger,
	})
	if err != nil {
		return err
	}
	console, err := s.makeConsole()
	if err != nil {
		return err
	}
	pages := map[string]http.Handler{}
	if console != nil {
		pages[ConsolePath] = console
	}
	if s.cfg.Reference != nil {
		pages[ReferencePath] = s.cfg.Reference
	}
	server := gateway.NewServer(beside(api, pages), s.cfg.Logger)
	served := make(chan error, 1)
	go func() {
		err := server.Serve(l)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		} else {
			s.failed <- fmt.Errorf("the API ended: %w", err)
		}
		served <- err
	}()
	s.onStop(func(ctx context.Context) error { return errors.Join(server.Shutdown(ctx), <-served) })
	if console != nil {
		// It stops before the server, which waits for the streams that the console ends.
		s.run(background, "the console", console.Run)
	}
	return nil
}

// Stop ends everything in the reverse order of its start, and returns when no
// process is left. What does not end in time is killed. The data stays.
func (s *Stack) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	var errs []error
	for len(s.started) > 0 {
		last := len(s.started) - 1
		errs = append(errs, s.started[last](ctx))
		s.started = s.started[:last]
	}
	if s.info.PID != 0 {
		errs = append(errs, removeInfo(s.cfg.Dir, s.info.PID))
	}
	return errors.Join(errs...)
}

// SQS returns a client of the AWS SDK for the local queues.
func (s *Stack) SQS() *awssqs.Client {
	return awssqs.New(awssqs.Options{
		Region: Region, BaseEndpoint: aws.String(s.resources.url),
		HTTPClient:  awsclient.ReadOnly(awshttp.NewBuildableClient()),
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

// Run is Start, a banner that says where everything is, and Stop when ctx ends or
// a part fails.
func Run(ctx context.Context, cfg Config) error {
	began := time.Now()
	out := &inTurns{to: cmp.Or(cfg.Out, io.Discard)}
	cfg.Out = out
	// What is being started is first started, and then stopped again, which takes seconds.
	said := make(chan struct{})
	unsaid := context.AfterFunc(ctx, func() {
		defer close(said)
		fmt.Fprintln(out, "\nstopping …")
	})
	defer func() {
		if !unsaid() {
			<-said
		}
	}()
	s, err := Start(ctx, cfg)
	if err != nil {
		if ctx.Err() != nil {
			return nil // stopped by the person who started it
		}
		return err
	}
	announce(s.cfg.Out, s.info, s.cfg.Dir, time.Since(began))
	select {
	case <-ctx.Done():
	case err = <-s.Failed():
		s.cfg.Logger.LogAttrs(ctx, slog.LevelError, "stopping", slog.String("error", err.Error()))
	}
	return errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
}
