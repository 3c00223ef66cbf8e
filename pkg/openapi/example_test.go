package openapi_test

import (
	"encoding/json"
	"fmt"

	"github.com/fluxa/fluxa/pkg/openapi"
)

func ExampleDocument() {
	document, err := openapi.Document()
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
	// Output: 3.1.0 6 paths <nil>
}
