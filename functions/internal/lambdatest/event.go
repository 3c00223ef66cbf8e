// Package lambdatest runs a function's handler as Lambda does: JSON bytes in,
// JSON bytes out, and log lines to look at; or its whole main, as a process that
// speaks to a Runtime API.
package lambdatest

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// RequestID is the id of every invocation that Invoke makes.
const RequestID = "8f3c1b1e-6d1c-4c0a-9a53-2f1b7c1d9e00"

// Object is a JSON object.
type Object = map[string]any

// Event reads an event out of testdata and applies the edits to it. Numbers that
// JSON holds and float64 does not are not for it.
func Event(t testing.TB, name string, edits ...func(Object)) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if len(edits) == 0 {
		return raw
	}
	event := Decode(t, raw)
	for _, edit := range edits {
		edit(event)
	}
	raw, err = json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Decode reads a JSON object.
func Decode(t testing.TB, raw []byte) Object {
	t.Helper()
	var object Object
	if err := json.Unmarshal(raw, &object); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return object
}

// Set returns an edit that sets a member, whose way is given by its names.
func Set(value any, way ...string) func(Object) {
	return func(event Object) {
		for _, name := range way[:len(way)-1] {
			if _, ok := event[name].(Object); !ok {
				event[name] = Object{}
			}
			event = event[name].(Object)
		}
		event[way[len(way)-1]] = value
	}
}

// Header returns an edit that sends a header in both of its forms.
func Header(name, value string) func(Object) {
	return func(event Object) {
		Set(value, "headers", name)(event)
		Set([]any{value}, "multiValueHeaders", name)(event)
	}
}

// NoHeader returns an edit that leaves a header out.
func NoHeader(name string) func(Object) {
	return func(event Object) {
		for _, form := range []string{"headers", "multiValueHeaders"} {
			if headers, ok := event[form].(Object); ok {
				delete(headers, name)
			}
		}
	}
}

// Invoke calls a handler as the Lambda runtime does, with a deadline and a request
// id.
func Invoke(t testing.TB, handler any, event []byte) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	return InvokeWith(ctx, handler, event)
}

// InvokeWith is Invoke with the time-out and the values of a context.
func InvokeWith(ctx context.Context, handler any, event []byte) ([]byte, error) {
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: RequestID})
	return lambda.NewHandler(handler).Invoke(ctx, event)
}

// WithTraceHeader returns a context as the runtime makes it for an invocation that
// came with an X-Ray trace header.
func WithTraceHeader(ctx context.Context, header string) context.Context {
	//lint:ignore SA1029 the key is the runtime's
	return context.WithValue(ctx, "x-amzn-trace-id", header)
}

// Answer is what a function answers to API Gateway.
type Answer struct {
	Status  int               `json:"statusCode"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Base64  bool              `json:"isBase64Encoded"`
}

// Call invokes an HTTP function, which must not throw.
func Call(t testing.TB, handler any, event []byte) Answer {
	t.Helper()
	raw, err := Invoke(t, handler, event)
	if err != nil {
		t.Fatalf("the handler threw: %v", err)
	}
	return AnswerOf(t, raw)
}

// AnswerOf reads what an HTTP function answered.
func AnswerOf(t testing.TB, raw []byte) Answer {
	t.Helper()
	var answer Answer
	if err := json.Unmarshal(raw, &answer); err != nil || answer.Base64 {
		t.Fatalf("%v: %s", err, raw)
	}
	return answer
}

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// Golden compares with a file of testdata.
func Golden(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("it differs from %s (-update writes it anew); got\n%s\nwant\n%s", path, got, want)
	}
}
