// Command chaos breaks the local stack in one way after the other, and writes what became
// of the events that it had accepted to a folder.
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
		log.Fatalf("chaos: %v", err)
	}
}
