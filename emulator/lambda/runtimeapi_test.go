package lambda

import (
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// newIdleSandbox is an environment without a process: the test plays the process.
func newIdleSandbox(t *testing.T) (*sandbox, *httptest.Server) {
	t.Helper()
	s := &sandbox{
		cfg:         Config{Name: "echo", Timeout: waitLimit}.withDefaults(),
		extensionID: "the-extension",
		work:        make(chan *invocation),
		ready:       make(chan struct{}),
		initFailed:  make(chan struct{}),
		process:     &process{exited: make(chan struct{})},
	}
	api := httptest.NewServer(newRuntimeAPI(s, slog.New(slog.DiscardHandler)).Handler)
	t.Cleanup(api.Close)
	return s, api
}

func call(t *testing.T, method, url, body string, header ...string) (int, string, http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content), response.Header
}

func TestRuntimeAPI(t *testing.T) {
	t.Parallel()
	s, api := newIdleSandbox(t)
	inv, err := s.cfg.newInvocation(Input{Payload: []byte(`{"n":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan answer, 1)
	go func() {
		result, _ := s.serve(inv)
		served <- result
	}()
	expect := func(method, path, body string, wantStatus int, wantBody string) http.Header {
		t.Helper()
		status, content, header := call(t, method, api.URL+path, body)
		if status != wantStatus || !strings.Contains(content, wantBody) {
			t.Errorf("%s %s: %d %s, want %d %s", method, path, status, content, wantStatus, wantBody)
		}
		return header
	}
	base := "/2018-06-01/runtime/invocation/"

	expect("POST", base+inv.id+"/response", `{}`, 400, "InvalidRequestID")
	header := expect("GET", base+"next", "", 200, `{"n":1}`)
	for name, want := range map[string]string{
		"Content-Type":                        "application/json",
		"Lambda-Runtime-Aws-Request-Id":       inv.id,
		"Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:echo",
		"Lambda-Runtime-Trace-Id":             inv.trace,
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	expect("GET", base+"next", "", 403, "InvalidStateTransition")
	expect("POST", base+"another/response", `{}`, 400, "InvalidRequestID")
	expect("POST", base+"another/error", `{}`, 400, "InvalidRequestID")
	expect("POST", base+inv.id+"/response", `{"ok":true}`, 202, `{"status":"OK"}`)
	expect("POST", base+inv.id+"/response", `{"ok":false}`, 403, "InvalidStateTransition")
	expect("POST", base+inv.id+"/error", `{}`, 403, "InvalidStateTransition")
	expect("POST", "/2018-06-01/runtime/init/error", `{}`, 403, "InvalidStateTransition")
	expect("POST", "/2018-06-01/runtime/unknown", `{}`, 404, "")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	polled := make(chan struct{})
	go func() {
		defer close(polled)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, api.URL+base+"next", nil)
		if err != nil {
			t.Error(err)
			return
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			t.Errorf("the poll was answered with %d", response.StatusCode)
			_ = response.Body.Close() // the test has failed already
		}
	}()
	if got := <-served; got.fault || string(got.payload) != `{"ok":true}` {
		t.Errorf("answer %+v", got)
	}
	expect("GET", base+"next", "", 403, "InvalidStateTransition")
	cancel()
	<-polled
}

func TestRuntimeAPIErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body, header string
		want         string
	}{
		"JSON_is_passed_on":              {`{"errorType":"T","errorMessage":"m","x":1}`, "", `{"errorType":"T","errorMessage":"m","x":1}`},
		"text_is_wrapped":                {`broken`, "", `{"errorType":"Unhandled","errorMessage":"broken"}`},
		"text_with_a_type_has_that_type": {`broken`, "Runtime.Odd", `{"errorType":"Runtime.Odd","errorMessage":"broken"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, api := newIdleSandbox(t)
			inv := &invocation{id: "1", finished: make(chan struct{})}
			s.endPoll(inv)
			status, content, _ := call(t, "POST", api.URL+"/2018-06-01/runtime/invocation/1/error", test.body, headerErrorType, test.header)
			if status != 202 {
				t.Fatalf("%d %s", status, content)
			}
			if got := s.settle(inv, answer{}); !got.fault || string(got.payload) != test.want {
				t.Errorf("fault %v, %s, want %s", got.fault, got.payload, test.want)
			}
		})
	}
}

func TestResponseTrailers(t *testing.T) {
	t.Parallel()
	encoded := base64.StdEncoding.EncodeToString([]byte(`{"errorType":"T"}`))
	tests := map[string]struct {
		kind, body string
		want       answer
	}{
		"none":              {"", "", answer{payload: []byte("partial")}},
		"an_error":          {"T", encoded, answer{fault: true, payload: []byte(`{"errorType":"T"}`)}},
		"an_unreadable_one": {"T", "%", answer{fault: true, payload: []byte(`{"errorType":"T","errorMessage":"the response ended with an error"}`)}},
	}
	for name, test := range tests {
		trailer := http.Header{headerErrorType: {test.kind}, headerErrorBody: {test.body}}
		got := responseAnswer([]byte("partial"), trailer)
		if got.fault != test.want.fault || string(got.payload) != string(test.want.payload) {
			t.Errorf("%s: %v %s", name, got.fault, got.payload)
		}
	}
}

func TestExtensionAPI(t *testing.T) {
	t.Parallel()
	_, api := newIdleSandbox(t)
	status, _, header := call(t, "POST", api.URL+"/2020-01-01/extension/register", `{"events":[]}`)
	if status != 200 || header.Get("Lambda-Extension-Identifier") != "the-extension" {
		t.Errorf("register: %d %v", status, header)
	}
	if status, body, _ := call(t, "POST", api.URL+"/2020-01-01/extension/register", `{"events":["INVOKE"]}`); status != 400 {
		t.Errorf("register with events: %d %s", status, body)
	}
	if status, body, _ := call(t, "GET", api.URL+"/2020-01-01/extension/event/next", ""); status != 403 {
		t.Errorf("next without an identifier: %d %s", status, body)
	}
}

func TestInitErrorIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	s, api := newIdleSandbox(t)
	url := api.URL + "/2018-06-01/runtime/init/error"
	if status, body, _ := call(t, "POST", url, "no JSON"); status != 202 {
		t.Errorf("%d %s", status, body)
	}
	if status, body, _ := call(t, "POST", url, "{}"); status != 403 {
		t.Errorf("the second: %d %s", status, body)
	}
	if kind, message := s.reportedInitError(); kind != "Runtime.Unknown" || message != "no JSON" {
		t.Errorf("%s: %s", kind, message)
	}
}
