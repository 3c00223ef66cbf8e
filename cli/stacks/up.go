package stacks

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/fluxa/fluxa/cli/apireference"
	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/stacks/background"
	"github.com/fluxa/fluxa/cli/stacks/watch"
	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/cli/webconsole/localstack"
	"github.com/fluxa/fluxa/cli/webconsole/traces"
	"github.com/fluxa/fluxa/local/stack"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

type upCommand struct {
	Port int    `env:"PORT" default:"8080" placeholder:"PORT" help:"Port of the API; the two after it are the AWS endpoint's and PostgreSQL's; 0 takes free ones (default ${default})."`
	Host string `env:"FLUXA_HOST" default:"127.0.0.1" placeholder:"ADDRESS" help:"Address to listen on (default ${default})."`
	target.Local
	Bin         string        `default:"dist/bin" placeholder:"FOLDER" help:"Folder of the functions' binaries (default ${default})."`
	DatabaseURL string        `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL to use. Default: one is started."`
	APIKey      string        `name:"api-key" env:"FLUXA_API_KEY" placeholder:"KEY" help:"API key that callers must send. Default: none."`
	Clients     string        `env:"FLUXA_CLIENTS" placeholder:"NAME:KEY,…" help:"Clients, each with its API key. Settings follow as in a URL: orders:key1?rate_per_second=50&burst=100,reports:key2?reads=all. Default: callers are not told apart."`
	BatchSize   int           `env:"FLUXA_BATCH_SIZE" default:"10" placeholder:"N" help:"Messages that a processor takes at once, 1 to 10000 (default ${default})."`
	BatchWindow time.Duration `env:"FLUXA_BATCH_WINDOW" default:"0s" placeholder:"DURATION" help:"How long a batch is collected, up to 5m; at least 1s for more than 10 messages (default ${default})."`
	Traces      bool          `env:"FLUXA_TRACES" default:"true" negatable:"" help:"Record traces, which the console shows for five minutes. OTEL_EXPORTER_OTLP_ENDPOINT sends them elsewhere instead."`
	Watch       bool          `short:"w" help:"Compile a function when its sources change, and replace it while the stack runs. Needs the repository and Go."`
	Detach      bool          `short:"d" help:"Start in the background and return when the API answers; the log is up.log in the data folder."`
	Wait        time.Duration `default:"10m" placeholder:"DURATION" help:"With --detach: how long it may take until the API answers (default ${default})."`
}

func (upCommand) Help() string {
	return `Starts PostgreSQL, the emulated SQS, SNS and S3, the functions and the API, applies the migrations, and prints where everything is. The data is in the data folder and survives a stop.

    fluxa up
    PORT=9080 fluxa up
    fluxa up --watch
    fluxa up --batch-size 100 --batch-window 1s
    FLUXA_CLIENTS=orders:key1,reports:key2 fluxa up
    fluxa up --detach && fluxa verify && fluxa down`
}

func (u upCommand) Run(ctx context.Context, c console.Console, launcher Launcher) error {
	if u.Port < 0 || u.Port > 65533 {
		return exit.Usagef("--port is %d, it must be 0 to 65533: the two ports after it are used too", u.Port)
	}
	if err := u.checkBatches(); err != nil {
		return err
	}
	clients, err := stack.ParseClients(u.Clients)
	if err != nil {
		return exit.Usagef("--clients: %s", err)
	}
	if warning := exposure(u.Host, u.APIKey != "" || len(clients) > 0); warning != "" {
		fmt.Fprintln(c.Err, warning)
	}
	repository := ""
	if u.Watch {
		if repository, err = watch.Repository("."); err != nil {
			return exit.Usagef("--watch: %s", err)
		}
	}
	if u.Detach {
		return u.detach(ctx, c, launcher)
	}
	if err := background.Claim(u.Folder()); err != nil {
		return err
	}
	spans := &traces.Store{}
	if !u.Traces {
		spans = nil
	}
	reference, err := apireference.New(stack.ReferencePath)
	if err != nil {
		return err
	}
	cfg := stack.Config{
		Dir: u.Folder(), BinDir: u.Bin, Host: u.Host, Port: u.Port, DatabaseURL: u.DatabaseURL, APIKey: u.APIKey, Clients: clients,
		Tuning: stack.Tuning{BatchSize: u.BatchSize, BatchWindow: u.BatchWindow}, Console: localstack.Console(spans), Reference: reference,
	}
	if spans != nil {
		cfg.Traces = spans
	}
	return u.run(ctx, c, launcher, cfg, repository)
}

// run runs the stack; on a terminal, a line below its own says what it is doing. The
// functions of a repository that is named are watched.
func (upCommand) run(ctx context.Context, c console.Console, launcher Launcher, cfg stack.Config, repository string) error {
	doing := &activityLine{folder: cfg.Dir, began: time.Now()}
	live := c.Live(doing.text)
	cfg.Out = live
	if repository != "" {
		cfg.Watch = func(ctx context.Context, s *stack.Stack) error {
			return watch.Config{
				Root: repository, Bin: cfg.BinDir, Functions: contract.Functions(), Out: live, Say: doing.tell,
				Replace: func(ctx context.Context, function contract.Function, path string) error {
					return s.Function(function).Replace(ctx, path)
				},
			}.Run(ctx)
		}
	}
	looking, stop := context.WithCancel(ctx)
	var looks sync.WaitGroup
	if console.IsTerminal(c.Out) {
		looks.Go(func() {
			if err := doing.run(looking); err != nil && looking.Err() == nil {
				c.Logger().Warn("the live line stays as it is", "error", err.Error())
			}
		})
	}
	err := launcher.Run(ctx, cfg)
	stop()
	looks.Wait()
	live.Close()
	return err
}

// checkBatches refuses what Lambda refuses.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
func (u upCommand) checkBatches() error {
	switch {
	case u.BatchSize < 1 || u.BatchSize > contract.QueueBatchLimit:
		return exit.Usagef("--batch-size is %d, it must be 1 to %d", u.BatchSize, contract.QueueBatchLimit)
	case u.BatchWindow < 0 || u.BatchWindow > 5*time.Minute:
		return exit.Usagef("--batch-window is %s, it must be 0s to 5m", u.BatchWindow)
	case u.BatchSize > 10 && u.BatchWindow < time.Second:
		return exit.Usagef("--batch-window is %s, it must be at least 1s for a --batch-size over 10: a batch is collected from several receives of 10", u.BatchWindow)
	}
	return nil
}

// exposure is what somebody should know who lets others reach the stack. It is empty for an
// address of this machine alone.
func exposure(host string, asksForKey bool) string {
	if ip := net.ParseIP(host); ip.IsLoopback() || host == "localhost" {
		return ""
	}
	api := "call the API, which asks for no key (FLUXA_API_KEY sets one), and "
	if asksForKey {
		api = ""
	}
	return fmt.Sprintf("warning: with --host %s everybody who reaches this machine can %suse the AWS endpoint, which accepts any credentials", host, api)
}

// detach runs the same command again without --detach. Secrets go through the
// environment, which other users cannot read.
func (u upCommand) detach(ctx context.Context, c console.Console, launcher Launcher) error {
	program, err := launcher.Program()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	command := []string{program, "up", "--port", strconv.Itoa(u.Port), "--host", u.Host, "--dir", u.Folder(), "--bin", u.Bin,
		"--batch-size", strconv.Itoa(u.BatchSize), "--batch-window", u.BatchWindow.String(), "--traces=" + strconv.FormatBool(u.Traces)}
	if u.Watch {
		command = append(command, "--watch")
	}
	info, err := background.Start(ctx, background.Config{
		Command: command,
		Env:     []string{"DATABASE_URL=" + u.DatabaseURL, "FLUXA_API_KEY=" + u.APIKey, "FLUXA_CLIENTS=" + u.Clients},
		Dir:     u.Folder(), Timeout: u.Wait, Out: c.Err, Healthy: healthy,
	})
	if err != nil {
		return err
	}
	page := ""
	if info.ConsoleURL != "" {
		page = "\n  Console       " + info.ConsoleURL
	}
	if info.ReferenceURL != "" {
		page += "\n  Reference     " + info.ReferenceURL
	}
	fmt.Fprintf(c.Out, "Fluxa is up in the background, process %d.\n%s\n  API           %s\n  AWS endpoint  %s\n  PostgreSQL    %s\n  Logs          %s\n\n`fluxa down` stops it, or `make down`.\n",
		info.PID, page, info.APIURL, info.AWSEndpoint, info.DatabaseURL, info.LogDir)
	return nil
}

func healthy(ctx context.Context, url string) error {
	client, err := api.New(api.Config{Endpoint: url, Timeout: 2 * time.Second, Tries: 1})
	if err != nil {
		return err
	}
	return client.Health(ctx)
}
