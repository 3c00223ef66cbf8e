package contract_test

import (
	"encoding/json"
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
	// GET /events/{event_id}/status -> query
	// GET /health -> query
}

func ExampleOpenAPI() {
	document, err := contract.OpenAPI()
	if err != nil {
		fmt.Println(err)
		return
	}
	var head struct {
		OpenAPI string                                `json:"openapi"`
		Paths   map[string]map[string]json.RawMessage `json:"paths"`
	}
	err = json.Unmarshal(document, &head)
	fmt.Println(head.OpenAPI, len(head.Paths), "paths", err)
	// Output: 3.1.0 5 paths <nil>
}
