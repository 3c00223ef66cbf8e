// Command functions measures the Lambda functions as they are deployed, beside those of
// an earlier commit, and writes what it found as a page of tables. It fails on a wrong
// result, never on a slow one.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"

	"syscall"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, parse()); err != nil {
		log.Fatalf("functions: %v", err)
	}
}
