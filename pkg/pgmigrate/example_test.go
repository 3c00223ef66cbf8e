package pgmigrate_test

import (
	"context"
	"fmt"
	"log"

	"github.com/fluxa/fluxa/pkg/pgmigrate"
)

func ExampleUp() {
	applied, err := pgmigrate.Up(context.Background(), "postgres://fluxa@localhost/fluxa")
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range applied {
		fmt.Println("applied", m.Name)
	}
}
