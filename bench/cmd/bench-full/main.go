// Command bench-full measures the whole local stack beside that of an older commit and
// beside Bento, and writes what it found to a folder as tables and a plot.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/fluxa/fluxa/bench/endtoend"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) == 3 && os.Args[1] == endtoend.QueueCommand {
		if err := endtoend.Queue(ctx, os.Args[2]); err != nil {
			log.Fatalf("queue: %v", err)
		}
		return
	}
	debug.SetGCPercent(400) // the clients should not take much of the machine
	if err := run(ctx, parse()); err != nil {
		log.Fatalf("bench-full: %v", err)
	}
}
