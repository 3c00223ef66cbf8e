// Command fluxa-postgres lends a throw-away PostgreSQL to another program: for
// the length of a command (run), or until its input ends (serve).
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/fluxa/fluxa/local/postgres"
)

type commands struct {
	Run struct {
		Command []string `arg:"" passthrough:"" help:"The command and its arguments, after --."`
	} `cmd:"" help:"Run a command with FLUXA_TEST_DATABASE_URL set to a fresh server; it fails when the command does."`
	Serve struct{} `cmd:"" help:"Print the URL of a fresh server, and keep it up until standard input ends."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer stop()
	var c commands
	parsed := kong.Parse(&c, kong.Name("fluxa-postgres"))
	cfg := postgres.Config{Progress: os.Stderr}
	if parsed.Command() == "serve" {
		parsed.FatalIfErrorf(postgres.Serve(ctx, cfg, os.Stdin, os.Stdout))
		return
	}
	if c.Run.Command[0] == "--" {
		c.Run.Command = c.Run.Command[1:]
	}
	parsed.FatalIfErrorf(postgres.Run(ctx, cfg, c.Run.Command))
}
