package contract_test

import (
	"fmt"

	"github.com/fluxa/fluxa/pkg/contract"
)

func ExampleRoutes() {
	for _, r := range contract.Routes() {
		fmt.Println(r.Method, r.Path, "->", r.Function)
	}
	// Output:
	// POST /events -> ingest
	// POST /events/batch -> ingest
	// GET /events -> query
	// GET /events/{event_id} -> query
	// GET /events/{event_id}/payload -> query
	// GET /events/{event_id}/status -> query
	// GET /health -> query
}
