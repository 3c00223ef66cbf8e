package pgstore_test

import (
	"context"
	"fmt"
	"log"

	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

func ExampleNew() {
	store, err := pgstore.New(pgstore.Config{
		Host:        "fluxa.proxy-abc.eu-central-1.rds.amazonaws.com",
		Name:        "fluxa",
		Credentials: constant("hunter2"), // in a function: those of package secretsmanager
	})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	// Nothing was connected yet: the first statement does.

	_, err = pgstore.New(pgstore.Config{Host: "localhost"})
	fmt.Println(err)
	// Output: pgstore: Name, the database's, is required with Host
}

func ExampleStore_PersistBatch() {
	ctx := context.Background()
	store, err := pgstore.New(pgstore.Config{URL: "postgres://fluxa@localhost/fluxa"})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	records := []process.Record{processtest.Success("evt-1", `{"amount":12.50}`)}
	stored, err := store.PersistBatch(ctx, records, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range records {
		switch got := stored.Events[r.Identity()]; {
		case got.Status == process.StatusSuccess && got.SHA256 != r.SHA256:
			fmt.Println(r.EventID, "was used before with another payload")
		case got.Inserted:
			fmt.Println(r.EventID, "is new")
		default:
			fmt.Println(r.EventID, "was stored before")
		}
	}
}
