package postgres_test

import (
	"context"
	"fmt"
	"os"

	"github.com/fluxa/fluxa/local/postgres"
)

// A durable server: the same folder gives the same data at the next start.
func ExampleStart() {
	ctx := context.Background()
	server, err := postgres.Start(ctx, postgres.Config{Dir: ".fluxa/postgres", Port: 5433, Progress: os.Stderr})
	if err != nil {
		fmt.Println(err)
		return
	}
	select {
	case <-server.Done():
		fmt.Println(server.Err())
	case <-ctx.Done():
	}
	if err := server.Stop(context.WithoutCancel(ctx)); err != nil {
		fmt.Println(err)
	}
}

// A server that somebody else runs is looked at before it is used.
func ExampleProbe() {
	err := postgres.Probe(context.Background(), "postgres://fluxa:secret@127.0.0.1:1/fluxa")
	fmt.Println(err)
	// Output: no PostgreSQL listens at 127.0.0.1:1 (connection refused): start it, correct DATABASE_URL, or unset it to have one started
}
