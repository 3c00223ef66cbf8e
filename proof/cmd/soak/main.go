// Command soak runs the local stack at a steady rate, and looks for what grows.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/fluxa/fluxa/proof/rig"
)

func main() {
	log.SetFlags(log.Ltime)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) == 2 && os.Args[1] == rig.ChildCommand {
		if err := rig.ServeChild(ctx, os.Stdin, os.Stdout); err != nil {
			log.Fatalf("stack: %v", err)
		}
		return
	}
	if err := run(ctx, parse()); err != nil {
		log.Fatalf("soak: %v", err)
	}
}
