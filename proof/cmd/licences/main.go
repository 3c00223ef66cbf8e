// Command licences lists the licences of what is shipped, and refuses what the policy does
// not allow. It runs at the top of the repository.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
)

func main() {
	log.SetFlags(0)
	check := flag.Bool("check", false, "write nothing; fail when the files are not as they would be written")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *check); err != nil {
		log.Fatalf("licences: %v", err)
	}
}
