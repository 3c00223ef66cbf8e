// Command bench measures how fast events get into PostgreSQL, and writes what it found
// to a folder as tables and plots.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	debug.SetGCPercent(400) // as the functions have it
	if err := run(ctx, parse()); err != nil {
		log.Fatalf("bench: %v", err)
	}
}
