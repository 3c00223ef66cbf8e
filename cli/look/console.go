package look

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/cli/timeline"
	"github.com/fluxa/fluxa/cli/webconsole"
	"github.com/fluxa/fluxa/cli/webconsole/awsstage"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

// searchLimit is how far back an event's page may search: longer than any stage keeps logs.
const searchLimit = 90 * 24 * time.Hour

type consoleCommand struct {
	target.API
	AllowActions bool          `help:"Let the pages act on the stage: send, redrive, edit and resend, delete. Default: they only show it."`
	Port         int           `placeholder:"PORT" help:"Port on 127.0.0.1. Default: a free one."`
	Since        time.Duration `default:"5m" placeholder:"DURATION" help:"Begin with what happened so long ago, 1h at most (default ${default})."`
	Search       time.Duration `default:"24h" placeholder:"DURATION" help:"How far back an event's page searches the logs, 2160h at most (default ${default})."`
	Print        bool          `help:"Only print the address, and open no browser."`
}

func (consoleCommand) Help() string {
	return `Serves the console of a deployed stage on this machine until Ctrl-C, with your AWS credentials: the pipeline at work, each event's way, the dead letters. The address has a key, so that others on this machine cannot open it. It reads CloudWatch Logs, which has lines some seconds later. Looking into the DLQ receives its messages and gives them back.

    fluxa console --stage dev
    fluxa console --stage dev --allow-actions --port 9000`
}

func (o consoleCommand) check() error {
	switch {
	case o.Port < 0 || o.Port > 65535:
		return exit.Usagef("--port is %d, it must be 1 to 65535, or 0 for a free one", o.Port)
	case o.Since <= 0 || o.Since > time.Hour:
		return exit.Usagef("--since is %s, it must be more than 0 and at most 1h", o.Since)
	case o.Search <= 0 || o.Search > searchLimit:
		return exit.Usagef("--search is %s, it must be more than 0 and at most 2160h", o.Search)
	}
	return nil
}

func (o consoleCommand) Run(ctx context.Context, c console.Console) error {
	if err := o.check(); err != nil {
		return err
	}
	// A page tells people at once what is wrong, instead of trying for long.
	client, on, err := o.Client(ctx, api.Config{Tries: 2, Connections: 8})
	if err != nil {
		return err
	}
	switch {
	case on.Local != nil:
		return exit.Usagef("%s serves its own console, which `fluxa open` opens; --stage NAME shows a deployed stage", on.Name)
	case on.Stage == "":
		return exit.Usagef("the logs of %s are not known: give --stage NAME", on.Name)
	}
	key := rand.Text()
	server, err := o.server(c, client, on, key)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d is in use: give another with --port, or none for a free one", o.Port)
	}
	if err != nil {
		return fmt.Errorf("listen on port %d: %w", o.Port, err)
	}
	on.Tell(c)
	address := url.URL{Scheme: "http", Host: listener.Addr().String(), Path: awsstage.Path, RawQuery: url.Values{"key": {key}}.Encode()}
	if err := inBrowser(c, address.String(), o.Print); err != nil {
		fmt.Fprintln(c.Err, console.OneLine(err))
	}
	fmt.Fprintln(c.Err, "Ctrl-C ends it")
	if err := awsstage.Serve(ctx, listener, server); err != nil {
		return err
	}
	return exit.ErrSaid // the person has seen enough
}

func (o consoleCommand) server(c console.Console, client *api.Client, on *target.Stack, key string) (*webconsole.Server, error) {
	logger := slog.New(slog.NewTextHandler(c.Err, nil))
	letters, err := on.DeadLetters(logger)
	if err != nil {
		return nil, err
	}
	cfg := awsstage.Config(awsstage.Stage{
		Name: on.Environment(), Dashboard: contract.Platform(on.Prefix, on.Stage), Target: on.Name, Region: on.AWS.Region, Logs: on.StageLogs(awsstage.Reading(c.Now, o.Since, o.Search)),
		Queues: awsstage.NewQueues(on.AWS, on.QueueURL, on.DLQURL, c.Now), Events: timeline.Reader{Client: client}, DeadLetters: letters,
	})
	cfg.Key, cfg.Logger, cfg.Now = key, logger, c.Now
	if !o.AllowActions {
		cfg.ReadOnly = fmt.Sprintf("To act, end this console and start `fluxa console %s --allow-actions`.", on.Flags())
	}
	return webconsole.New(cfg)
}
