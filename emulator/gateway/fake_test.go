package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// fakeFunction records its invocations and answers with what reply says, by default with
// status 200 and an empty object.
type fakeFunction struct {
	reply func(ctx context.Context, event events.APIGatewayProxyRequest) (answer, functionError string, err error)

	mu     sync.Mutex
	events [][]byte
	traces []string
}

func (f *fakeFunction) Call(ctx context.Context, payload []byte, traceID string) ([]byte, string, error) {
	f.mu.Lock()
	f.events = append(f.events, payload)
	f.traces = append(f.traces, traceID)
	f.mu.Unlock()
	if f.reply == nil {
		return []byte(`{"statusCode":200,"body":"{}"}`), "", nil
	}
	var event events.APIGatewayProxyRequest
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, "", err
	}
	answer, functionError, err := f.reply(ctx, event)
	return []byte(answer), functionError, err
}

func answering(answer string) func(context.Context, events.APIGatewayProxyRequest) (string, string, error) {
	return func(context.Context, events.APIGatewayProxyRequest) (string, string, error) { return answer, "", nil }
}

// last is the latest event, as aws-lambda-go decodes it for a handler.
func (f *fakeFunction) last(t *testing.T) events.APIGatewayProxyRequest {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.events) == 0 {
		t.Fatal("the function was not invoked")
	}
	var event events.APIGatewayProxyRequest
	decoder := json.NewDecoder(bytes.NewReader(f.events[len(f.events)-1]))
	if err := decoder.Decode(&event); err != nil {
		t.Fatal(err)
	}
	return event
}

func (f *fakeFunction) invocations() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.events)
}

// api serves the routes of the product, all of them by one function.
func api(t *testing.T, f *fakeFunction, change func(*Config)) *httptest.Server {
	t.Helper()
	cfg := Config{Routes: []Route{
		{Method: "POST", Path: "/events", Function: f, AuthRequired: true},
		{Method: "GET", Path: "/events", Function: f, AuthRequired: true},
		{Method: "POST", Path: "/events/batch", Function: f, AuthRequired: true},
		{Method: "GET", Path: "/events/{event_id}", Function: f, AuthRequired: true},
		{Method: "GET", Path: "/events/{event_id}/status", Function: f, AuthRequired: true},
		{Method: "GET", Path: "/health", Function: f},
	}}
	if change != nil {
		change(&cfg)
	}
	g, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(g)
	server.Config = NewServer(g, slog.New(slog.DiscardHandler))
	server.Start()
	t.Cleanup(server.Close)
	return server
}

type response struct {
	status int
	header http.Header
	body   string
}

// do sends a request. The header's names and values alternate.
func do(t *testing.T, method, url, body string, header ...string) response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			request.Host = header[i+1]
		}
		request.Header.Add(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response{answer.StatusCode, answer.Header, string(content)}
}

// expectProblem checks a problem document whole, its correlation id included.
func expectProblem(t *testing.T, got response, status int, title, detail, instance string) {
	t.Helper()
	want := problem{Type: "about:blank", Title: title, Status: status, Detail: detail, Instance: instance,
		CorrelationID: got.header.Get("X-Correlation-ID"), Errors: []string{}}
	encoded, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if got.status != status || got.body != string(encoded) || want.CorrelationID == "" {
		t.Errorf("got %d %s\nwant %d %s", got.status, got.body, status, encoded)
	}
	if kind := got.header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("content type %q", kind)
	}
}
