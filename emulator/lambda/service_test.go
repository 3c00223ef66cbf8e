package lambda

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestService(t *testing.T) {
	t.Parallel()
	f := newFunction(t, nil)
	service, err := NewService(f)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	path := func(name string) string {
		return server.URL + "/2015-03-31/functions/" + url.PathEscape(name) + "/invocations"
	}

	t.Run("invokes_by_name_and_ARN", func(t *testing.T) {
		for _, name := range []string{"echo", "echo:$LATEST", "arn:aws:lambda:us-east-1:000000000000:function:echo", "000000000000:function:echo"} {
			status, body, header := call(t, "POST", path(name), `{"a":1}`)
			if status != 200 || body != `{"a":1}` || header.Get("X-Amz-Executed-Version") != "$LATEST" || header.Get("X-Amz-Function-Error") != "" {
				t.Errorf("%s: %d %s %v", name, status, body, header)
			}
			if len(header.Get("X-Amzn-Requestid")) != 36 {
				t.Errorf("%s: request id %q", name, header.Get("X-Amzn-Requestid"))
			}
		}
	})
	t.Run("passes_the_trace", func(t *testing.T) {
		trace := "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
		_, body, header := call(t, "POST", path("echo"), `{"mode":"context"}`, "X-Amzn-Trace-Id", trace)
		if !strings.Contains(body, trace) || header.Get("X-Amzn-Trace-Id") != trace {
			t.Errorf("%s %v", body, header)
		}
	})
	t.Run("reports_a_function_error_in_a_header", func(t *testing.T) {
		status, body, header := call(t, "POST", path("echo"), `{"mode":"panic","text":"boom"}`, "X-Amz-Log-Type", "Tail")
		if status != 200 || header.Get("X-Amz-Function-Error") != "Unhandled" || !strings.Contains(body, `"errorMessage":"boom"`) {
			t.Errorf("%d %s %v", status, body, header)
		}
		tail, err := base64.StdEncoding.DecodeString(header.Get("X-Amz-Log-Result"))
		if err != nil || !strings.Contains(string(tail), "boom") {
			t.Errorf("log %q, %v", tail, err)
		}
	})

	refusals := map[string]struct {
		method, name, body string
		header             []string
		status             int
		code               string
	}{
		"an_unknown_function": {"POST", "other", "{}", nil, 404, "ResourceNotFoundException"},
		"an_unknown_version":  {"POST", "echo:7", "{}", nil, 404, "ResourceNotFoundException"},
		"an_event_invocation": {"POST", "echo", "{}", []string{"X-Amz-Invocation-Type", "Event"}, 400, "InvalidParameterValueException"},
		"no_JSON":             {"POST", "echo", "{", nil, 400, "InvalidRequestContentException"},
		"a_client_context":    {"POST", "echo", "{}", []string{"X-Amz-Client-Context", "e30="}, 400, "InvalidParameterValueException"},
		"a_large_payload":     {"POST", "echo", strings.Repeat(" ", MaxPayloadBytes+1), nil, 413, "RequestTooLargeException"},
		"a_dry_run":           {"POST", "echo", "{}", []string{"X-Amz-Invocation-Type", "DryRun"}, 400, "InvalidParameterValueException"},
		"another_method":      {"GET", "echo", "", nil, 405, ""},
	}
	for name, test := range refusals {
		t.Run(name, func(t *testing.T) {
			status, body, header := call(t, test.method, path(test.name), test.body, test.header...)
			if status != test.status || header.Get("X-Amzn-Errortype") != test.code {
				t.Errorf("%d %s %s", status, header.Get("X-Amzn-Errortype"), body)
			}
		})
	}
	t.Run("a_throttled_function", func(t *testing.T) {
		recorder := httptest.NewRecorder()
		writeServiceFailure(recorder, &ThrottledError{Function: "echo", Limit: 1})
		if recorder.Code != 429 || recorder.Header().Get("X-Amzn-Errortype") != "TooManyRequestsException" || recorder.Header().Get("Retry-After") != "1" {
			t.Errorf("%d %v", recorder.Code, recorder.Header())
		}
	})
	t.Run("any_other_error", func(t *testing.T) {
		recorder := httptest.NewRecorder()
		writeServiceFailure(recorder, errors.New("odd"))
		if recorder.Code != http.StatusInternalServerError || recorder.Body.String() != `{"Type":"Service","Message":"odd"}` {
			t.Errorf("%d %s", recorder.Code, recorder.Body)
		}
	})
	t.Run("two_functions_of_one_name", func(t *testing.T) {
		if _, err := NewService(f, f); err == nil || err.Error() != `lambda: the function name "echo" is used twice` {
			t.Errorf("got %v", err)
		}
	})
}
