package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cli/api"
	"github.com/fluxa/fluxa/cli/background"
	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
)

type upCommand struct {
	Port        int           `env:"PORT" default:"8080" help:"Port of the API; the two after it are the AWS endpoint's and PostgreSQL's; 0 takes free ones (default ${default})."`
	Host        string        `env:"FLUXA_HOST" default:"127.0.0.1" help:"Address to listen on (default ${default})."`
	Dir         string        `env:"FLUXA_DIR" default:".fluxa" placeholder:"FOLDER" help:"Folder of the data and the logs (default ${default})."`
	Bin         string        `default:"dist/bin" placeholder:"FOLDER" help:"Folder of the functions' binaries (default ${default})."`
	DatabaseURL string        `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL to use. Default: one is started."`
	APIKey      string        `name:"api-key" env:"FLUXA_API_KEY" placeholder:"KEY" help:"API key to ask of callers. Default: none is asked."`
	Detach      bool          `short:"d" help:"Start in the background and return when the API answers; the log is up.log in the data folder."`
	Wait        time.Duration `default:"10m" help:"With --detach: how long it may take until the API answers (default ${default})."`
}

func (upCommand) Help() string { return upHelp }

func (c upCommand) Run(ctx context.Context, a *app) error {
	if c.Port < 0 || c.Port > 65533 {
		return usagef("--port is %d, it must be 0 to 65533: the two after it are taken too", c.Port)
	}
	if c.Detach {
		return c.detach(ctx, a)
	}
	if a.Stack == nil {
		return errors.New("this program was built without the local stack")
	}
	if err := background.Claim(c.Dir); err != nil {
		return err
	}
	return a.Stack(ctx, stack.Config{
		Dir: c.Dir, BinDir: c.Bin, Host: c.Host, Port: c.Port, DatabaseURL: c.DatabaseURL, APIKey: c.APIKey, Out: a.Out,
	})
}

// detach runs the same command again without --detach. What is secret goes through
// the environment, which other users cannot read.
func (c upCommand) detach(ctx context.Context, a *app) error {
	program, err := a.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	command := []string{program, "up", "--port", strconv.Itoa(c.Port), "--host", c.Host, "--dir", c.Dir, "--bin", c.Bin}
	info, err := background.Start(ctx, background.Config{
		Command: command, Env: []string{"DATABASE_URL=" + c.DatabaseURL, "FLUXA_API_KEY=" + c.APIKey},
		Dir: c.Dir, Timeout: c.Wait, Out: a.Err, Healthy: healthy,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "Fluxa is up in the background, process %d.\n\n  API           %s\n  AWS endpoint  %s\n  PostgreSQL    %s\n  Logs          %s\n\n`fluxa down` stops it, or `make down`.\n",
		info.PID, info.APIURL, info.AWSEndpoint, info.DatabaseURL, info.LogDir)
	return nil
}

func healthy(ctx context.Context, url string) error {
	client, err := api.New(api.Config{Endpoint: url, Timeout: 2 * time.Second, Tries: 1})
	if err != nil {
		return err
	}
	return client.Health(ctx)
}

type downCommand struct {
	Dir  string        `env:"FLUXA_DIR" default:".fluxa" placeholder:"FOLDER" help:"Folder of the data and the logs (default ${default})."`
	Wait time.Duration `default:"1m" help:"How long to wait for the end (default ${default})."`
}

func (downCommand) Help() string { return downHelp }

func (c downCommand) Run(ctx context.Context, a *app) error {
	info, err := background.Stop(ctx, c.Dir, c.Wait)
	if errors.Is(err, background.ErrNotRunning) {
		fmt.Fprintf(a.Out, "no local stack runs under %s\n", c.Dir)
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "the local stack under %s is stopped (process %d); its data stays\n", c.Dir, info.PID)
	return nil
}

type resetCommand struct {
	Dir  string        `env:"FLUXA_DIR" default:".fluxa" placeholder:"FOLDER" help:"Folder of the data and the logs (default ${default})."`
	Wait time.Duration `default:"1m" help:"How long to wait for the end of a running stack (default ${default})."`
	Yes  bool          `short:"y" help:"Do not ask. Without a terminal nothing is asked either."`
}

func (resetCommand) Help() string { return resetHelp }

func (c resetCommand) Run(ctx context.Context, a *app) error {
	if !background.HasData(c.Dir) {
		fmt.Fprintf(a.Out, "there is no %s: nothing to remove\n", c.Dir)
		return nil
	}
	if !c.Yes && console.IsTerminal(a.In) && !a.confirm(fmt.Sprintf("remove %s with all its events?", c.Dir)) {
		return errors.New("nothing was removed; --yes removes without asking")
	}
	if err := (downCommand{Dir: c.Dir, Wait: c.Wait}).Run(ctx, a); err != nil {
		return err
	}
	if err := background.RemoveData(c.Dir); err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "%s is removed\n", c.Dir)
	return nil
}

func (a *app) confirm(question string) bool {
	fmt.Fprintf(a.Out, "%s [y/N] ", question)
	answer, err := bufio.NewReader(a.In).ReadString('\n')
	return err == nil && strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y")
}

type migrateCommand struct {
	Dir         string        `env:"FLUXA_DIR" default:".fluxa" placeholder:"FOLDER" help:"Data folder of the local stack (default ${default})."`
	DatabaseURL string        `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL to migrate. Default: the local stack's."`
	Timeout     time.Duration `default:"5m" help:"How long it may take (default ${default})."`
}

func (migrateCommand) Help() string { return migrateHelp }

func (c migrateCommand) Run(ctx context.Context, a *app) error {
	url := c.DatabaseURL
	if url == "" {
		info, err := runningStack(c.Dir, "--database-url")
		if err != nil {
			return err
		}
		url = info.DatabaseURL
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("it took longer than %s", c.Timeout))
	defer cancel()
	applied, err := pgmigrate.Up(ctx, url)
	for _, m := range applied {
		fmt.Fprintf(a.Out, "applied %s\n", m.Name)
	}
	if err != nil {
		return err
	}
	if len(applied) == 0 {
		fmt.Fprintln(a.Out, "nothing to apply: the database is up to date")
	}
	return nil
}
