// Command package builds the Lambda functions as zips for arm64. A zip depends on
// the source and the Go version alone: paths, times, owners and the state of the
// checkout do not enter it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/fluxa/fluxa/pkg/contract"
)

func main() {
	out := flag.String("out", "dist", "folder to write to")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: package [flags] [function ...]\nBuilds the functions named, or all of them.\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stderr, *out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "package:", err)
		os.Exit(1)
	}
}

// run builds the named functions, all when none is named. What the Go tool says
// goes to log.
func run(ctx context.Context, log io.Writer, out string, names []string) error {
	functions, err := choose(names)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("make the output folder: %w", err)
	}
	return builder{log: log, out: out}.zips(ctx, functions)
}

func choose(names []string) ([]contract.Function, error) {
	if len(names) == 0 {
		return contract.Functions(), nil
	}
	functions := make([]contract.Function, len(names))
	for i, name := range names {
		functions[i] = contract.Function(name)
		if !slices.Contains(contract.Functions(), functions[i]) {
			return nil, fmt.Errorf("there is no function %q, only %q", name, contract.Functions())
		}
	}
	return functions, nil
}
