package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/fluxa/fluxa/emulator/gateway"
)

// health is a function as a gateway sees it. A *lambda.Function is one too.
type health struct{}

func (health) Call(context.Context, []byte, string) (answer []byte, functionError string, err error) {
	return []byte(`{"statusCode":200,"body":"{\"status\":\"healthy\"}"}`), "", nil
}

func ExampleNew() {
	api, err := gateway.New(gateway.Config{
		Routes: []gateway.Route{{Method: "GET", Path: "/health", Function: health{}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, method := range []string{"GET", "POST"} {
		response := httptest.NewRecorder()
		api.ServeHTTP(response, httptest.NewRequest(method, "/health", http.NoBody))
		fmt.Println(response.Code, response.Header().Get("Content-Type"))
	}
	// Output:
	// 200 application/json
	// 405 application/problem+json
}
