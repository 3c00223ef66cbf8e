// Command fluxa-postgres lends a throw-away PostgreSQL to another program: for
// the length of a command (run), or until its input ends (serve).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/fluxa/fluxa/local/postgres"
)

type commands struct {
	Run   runCommand   `cmd:"" help:"Run a command with FLUXA_TEST_DATABASE_URL set to a fresh server; its exit code is the command's."`
	Serve serveCommand `cmd:"" help:"Print the URL of a fresh server, and keep it up until standard input ends."`
}

type runCommand struct {
	Argv []string `arg:"" passthrough:"" name:"command" help:"The command and its arguments, after --."`
}

// Run ends the process itself, as it passes the command's exit code on.
func (c *runCommand) Run(cfg postgres.Config) error {
	argv := c.Argv
	if len(argv) > 0 && argv[0] == "--" {
		argv = argv[1:]
	}
	code, err := postgres.RunWith(context.Background(), cfg, argv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "fluxa-postgres: error:", err)
	}
	os.Exit(code)
	return nil
}

type serveCommand struct{}

// Run returns when standard input ends or a signal asks for it.
func (c *serveCommand) Run(cfg postgres.Config) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return postgres.Serve(ctx, cfg, os.Stdin, os.Stdout)
}

func main() {
	progress, finish := postgres.ProgressBar(os.Stderr)
	cfg := postgres.Config{Progress: progress}.WithEnv(os.Getenv)
	parsed := kong.Parse(&commands{}, kong.Name("fluxa-postgres"), kong.Bind(cfg))
	err := parsed.Run()
	finish()
	parsed.FatalIfErrorf(err)
}
