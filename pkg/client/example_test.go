package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/fluxa/fluxa/pkg/client"
)

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	api, err := client.New(client.Config{Endpoint: service().URL, APIKey: os.Getenv("FLUXA_API_KEY")})
	if err != nil {
		panic(err)
	}
	payload, err := client.Event{
		EventID: "order-1", UserID: "ada", Amount: "99.90", Currency: "EUR", Merchant: "Corner Shop", Timestamp: time.Now(),
	}.Payload()
	if err != nil {
		panic(err)
	}
	result, err := api.Send(ctx, payload, "")
	if err != nil {
		panic(err)
	}
	fmt.Println(result.EventID, result.Status)
	// Output: order-1 enqueued
}

// A problem names each field that is wrong.
func ExampleProblem() {
	api, err := client.New(client.Config{Endpoint: service().URL})
	if err != nil {
		panic(err)
	}
	_, err = api.Send(context.Background(), []byte(`{"event_id":"order-2"}`), "")
	var problem *client.Problem
	if errors.As(err, &problem) {
		for _, field := range problem.Errors {
			fmt.Println(problem.Status, field.Pointer, field.Code)
		}
	}
	fmt.Println("send it again:", client.Transient(err))
	// Output:
	// 422 /amount missing_field
	// send it again: false
}

// A sender makes batches of what many goroutines give it, and waits when its buffer is
// full.
func ExampleSender() {
	ctx := context.Background()
	api, err := client.New(client.Config{Endpoint: service().URL, GzipFrom: 4 << 10})
	if err != nil {
		panic(err)
	}
	sender, err := client.NewSender(client.SenderConfig{
		Client: api,
		Done: func(d client.Delivery) {
			if d.Err != nil {
				fmt.Println("not accepted:", d.Err)
				return
			}
			fmt.Println("accepted:", d.EventID)
		},
	})
	if err != nil {
		panic(err)
	}
	if err := sender.Send(ctx, []byte(`{"event_id":"order-3","user_id":"ada"}`)); err != nil {
		panic(err)
	}
	if err := sender.Close(ctx); err != nil { // sends what is left
		panic(err)
	}
	// Output: accepted: order-3
}

func ExampleClient_Events() {
	api, err := client.New(client.Config{Endpoint: service().URL})
	if err != nil {
		panic(err)
	}
	for event, err := range api.Events(context.Background(), client.PageRequest{UserID: "ada"}) {
		if err != nil {
			panic(err)
		}
		fmt.Println(string(event))
	}
	// Output:
	// {"event_id":"order-1","amount":99.90}
	// {"event_id":"order-0","amount":1.50}
}

// service answers as a stack does.
func service() *httptest.Server {
	answers := map[string]string{
		"POST /events":       `202 {"event_id":"order-1","status":"enqueued"}`,
		"POST /events/batch": `202 {"results":[{"index":0,"event_id":"order-3","status":"enqueued"}]}`,
		"GET /events":        `200 {"events":[{"event_id":"order-1","amount":99.90},{"event_id":"order-0","amount":1.50}]}`,
	}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := answers[r.Method+" "+r.URL.Path]
		if r.ContentLength == int64(len(`{"event_id":"order-2"}`)) {
			answer = `422 {"title":"Unprocessable Entity","code":"missing_field","errors":[{"pointer":"/amount","code":"missing_field","detail":"amount is required"}]}`
		}
		status, body, _ := strings.Cut(answer, " ")
		code := 0
		if _, err := fmt.Sscan(status, &code); err != nil {
			panic(err)
		}
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}))
}
