// Consumer prints a line for each stored event, once. docs/CONSUME.md explains it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func main() {
	queue := flag.String("queue-url", "", "the queue that is subscribed to the topic")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *queue); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "consumer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, queueURL string) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("read the AWS settings: %w", err)
	}
	type key struct{ client, id string }
	seen := map[key]bool{} // yours is a table: see docs/CONSUME.md
	return consume(ctx, sqs.NewFromConfig(cfg), queueURL, func(n notification) error {
		if of := (key{n.Client, n.EventID}); !seen[of] {
			seen[of] = true
			fmt.Println(n.EventID, n.Amount, n.Currency, n.Merchant)
		}
		return nil
	})
}
