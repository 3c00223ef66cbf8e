package client

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/fault"
)

func TestProblem(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	for name, test := range map[string]struct {
		answer func(*http.Request) (*http.Response, error)
		want   Problem
		text   string
		reason fault.Code
	}{
		"a problem document": {
			says(422, `{"type":"about:blank","title":"Unprocessable Entity","status":422,"detail":"2 fields are invalid","code":"missing_field","correlation_id":"c1","errors":[{"pointer":"/amount","code":"missing_field","detail":"amount is required"}]}`),
			Problem{Status: 422, Title: "Unprocessable Entity", Detail: "2 fields are invalid", Code: "missing_field", CorrelationID: "c1",
				Errors: []fault.Field{{Pointer: "/amount", Code: "missing_field", Detail: "amount is required"}}},
			"the API answered 422 Unprocessable Entity: 2 fields are invalid", "missing_field",
		},
		"API Gateway's own": {
			says(403, `{"message":"Forbidden"}`, "X-Correlation-ID", "c2"),
			Problem{Status: 403, Title: "Forbidden", Detail: "Forbidden", CorrelationID: "c2"},
			"the API answered 403 Forbidden: Forbidden", "http_403",
		},
		"a page of something else": {
			says(404, "<html>\n  <b>nothing\x1b[31m here</b>"+long),
			Problem{Status: 404, Title: "Not Found", Detail: "<html> <b>nothing[31m here</b>" + strings.Repeat("x", 170) + "…"},
			"the API answered 404 Not Found: <html> <b>nothing[31m here</b>" + strings.Repeat("x", 170) + "…", "http_404",
		},
		"nothing": {says(500, ""), Problem{Status: 500, Title: "Internal Server Error"}, "the API answered 500 Internal Server Error", "http_500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newClient(t, &script{answers: []func(*http.Request) (*http.Response, error){test.answer}}).Event(t.Context(), "e")
			test.want.KeySent = true // the client of the tests has a key
			got, ok := errors.AsType[*Problem](err)
			if !ok || fmt.Sprintf("%+v", *got) != fmt.Sprintf("%+v", test.want) {
				t.Fatalf("got  %+v\nwant %+v", err, test.want)
			}
			if got.Error() != test.text || got.Reason() != test.reason {
				t.Errorf("text %q, reason %q", got.Error(), got.Reason())
			}
			if IsNotFound(err) != (test.want.Status == 404) {
				t.Errorf("IsNotFound is %v", IsNotFound(err))
			}
		})
	}
}

func TestAnswer_that_is_not_what_it_should_be(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(*http.Request) (*http.Response, error)
		want   string
	}{
		"not JSON":       {says(200, "<html>"), "GET /health did not answer with the expected JSON: "},
		"another health": {says(200, `{"status":"degraded"}`), `the API's health is "degraded", not healthy`},
		"endless": {func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(zeros{}), Request: r}, nil
		}, "GET /health answered more than 6291456 bytes, which the API never does"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := newClient(t, &script{answers: []func(*http.Request) (*http.Response, error){test.answer}}).Health(t.Context())
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestUnreachable_is_told_with_its_cause(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil { // now nobody listens there
		t.Fatal(err)
	}
	client, err := New(Config{Endpoint: address, Tries: 1})
	if err != nil {
		t.Fatal(err)
	}
	err = client.Health(t.Context())
	var operation *net.OpError
	if !errors.As(err, &operation) || !strings.HasPrefix(err.Error(), "cannot reach "+address+": ") || strings.Contains(err.Error(), "Get ") {
		t.Errorf("got %v", err)
	}
}

func TestReason(t *testing.T) {
	t.Parallel()
	for want, err := range map[fault.Code]error{
		"http_403":     fmt.Errorf("send: %w", &Problem{Status: 403}),
		"rate_limited": &Problem{Status: 429, Code: "rate_limited"},
		Unreachable:    &UnreachableError{Endpoint: "http://h", Err: io.EOF},
		fault.Internal: errors.New("not the expected JSON"),
	} {
		if got := Reason(err); got != want {
			t.Errorf("%v counts as %s, want %s", err, got, want)
		}
	}
}
