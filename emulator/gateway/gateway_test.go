package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

var uuidv7 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestRouting(t *testing.T) {
	t.Parallel()
	f := &fakeFunction{}
	server := api(t, f, nil)
	const noPath = "no route has this path"
	tests := map[string]struct {
		method, target string
		status         int
		title, detail  string
		allow          string
	}{
		"an_unknown_path":        {"GET", "/nothing", 404, "Not Found", noPath, ""},
		"the_root":               {"GET", "/", 404, "Not Found", noPath, ""},
		"a_longer_path":          {"GET", "/events/1/status/x", 404, "Not Found", noPath, ""},
		"a_trailing_slash":       {"GET", "/events/", 404, "Not Found", noPath, ""},
		"a_double_slash":         {"GET", "/events//status", 404, "Not Found", noPath, ""},
		"dots":                   {"GET", "/events/../health", 404, "Not Found", noPath, ""},
		"encoded_dots":           {"GET", "/events/%2e%2e/health", 404, "Not Found", noPath, ""},
		"another_case":           {"GET", "/Events", 404, "Not Found", noPath, ""},
		"another_method":         {"DELETE", "/events", 405, "Method Not Allowed", "this path has only: GET, POST", "GET, POST"},
		"POST_of_one_event":      {"POST", "/events/e-1", 405, "Method Not Allowed", "this path has only: GET", "GET"},
		"GET_of_the_batch_route": {"GET", "/events/batch", 405, "Method Not Allowed", "this path has only: POST", "POST"},
		"OPTIONS":                {"OPTIONS", "/health", 405, "Method Not Allowed", "this path has only: GET", "GET"},
		"a_method_of_its_own":    {"FETCH", "/health", 405, "Method Not Allowed", "this path has only: GET", "GET"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := do(t, test.method, server.URL+test.target, "")
			expectProblem(t, got, test.status, test.title, test.detail, test.target)
			if allow := got.header.Get("Allow"); allow != test.allow {
				t.Errorf("Allow %q, want %q", allow, test.allow)
			}
		})
	}
	t.Run("HEAD_is_not_GET", func(t *testing.T) {
		got := do(t, "HEAD", server.URL+"/health", "")
		if got.status != 405 || got.body != "" || got.header.Get("Allow") != "GET" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("OPTIONS_of_the_server", func(t *testing.T) {
		if line := rawRequest(t, server, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"); line != "HTTP/1.1 404 Not Found" {
			t.Errorf("got %q", line)
		}
	})
	if n := f.invocations(); n != 0 {
		t.Errorf("%d invocations", n)
	}
}

// rawRequest sends bytes that no client would, and returns the status line.
func rawRequest(t *testing.T, server *httptest.Server, request string) string {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func TestAPIKey(t *testing.T) {
	t.Parallel()
	const detail = "the header x-api-key is missing or has no valid key"
	tests := map[string]struct {
		configured, path string
		header           []string
		status           int
		keyID            string
	}{
		"none_is_asked_for":             {"", "/events", nil, 200, ""},
		"none_is_asked_for_but_given":   {"", "/events", []string{"x-api-key", "any"}, 200, ""},
		"the_right_one":                 {"secret", "/events", []string{"x-api-key", "secret"}, 200, "local"},
		"none":                          {"secret", "/events", nil, 403, ""},
		"an_empty_one":                  {"secret", "/events", []string{"x-api-key", ""}, 403, ""},
		"a_wrong_one":                   {"secret", "/events", []string{"x-api-key", "secre"}, 403, ""},
		"the_right_one_in_second_place": {"secret", "/events", []string{"x-api-key", "x", "x-api-key", "secret"}, 403, ""},
		"another":                       {"secret", "/events", []string{"x-api-key", "of another caller"}, 200, "other"},
		"a_route_without":               {"secret", "/health", nil, 200, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fakeFunction{}
			server := api(t, f, func(c *Config) {
				if test.configured != "" {
					c.APIKeys = []APIKey{{ID: "local", Value: test.configured}, {ID: "other", Value: "of another caller"}}
				}
			})
			got := do(t, "GET", server.URL+test.path, "", test.header...)
			if test.status == 403 {
				expectProblem(t, got, 403, "Forbidden", detail, test.path)
				if f.invocations() != 0 {
					t.Error("the function was invoked")
				}
				return
			}
			if got.status != 200 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			if id := f.last(t).RequestContext.Identity.APIKeyID; id != test.keyID {
				t.Errorf("key id %q, want %q", id, test.keyID)
			}
		})
	}
}

type statusError int

func (s statusError) Error() string       { return "inner detail" }
func (s statusError) HTTPStatusCode() int { return int(s) }

func TestIntegrationFailures(t *testing.T) {
	t.Parallel()
	fail := func(err error) func(context.Context, events.APIGatewayProxyRequest) (string, string, error) {
		return func(context.Context, events.APIGatewayProxyRequest) (string, string, error) { return "", "", err }
	}
	tests := map[string]struct {
		reply  func(context.Context, events.APIGatewayProxyRequest) (string, string, error)
		status int
		title  string
		detail string
		retry  string
	}{
		"a_function_error": {func(context.Context, events.APIGatewayProxyRequest) (string, string, error) {
			return `{"statusCode":200,"errorType":"inner detail"}`, "Unhandled", nil
		}, 502, "Bad Gateway", "the function failed", ""},
		"a_malformed_answer":  {answering(`{"status":200}`), 502, "Bad Gateway", "the answer of the function is malformed", ""},
		"a_throttled_one":     {fail(fmt.Errorf("invoking: %w", statusError(429))), 429, "Too Many Requests", "too many requests are being worked on", "1"},
		"too_large_a_request": {fail(statusError(413)), 413, "Request Entity Too Large", "the request is too large for the function: at most 6291456 bytes with all its headers", ""},
		"another_status":      {fail(statusError(404)), 502, "Bad Gateway", "the function could not be invoked", ""},
		"no_invocation":       {fail(errors.New("inner detail")), 502, "Bad Gateway", "the function could not be invoked", ""},
		"a_slow_function": {func(ctx context.Context, _ events.APIGatewayProxyRequest) (string, string, error) {
			<-ctx.Done()
			return "", "", ctx.Err()
		}, 504, "Gateway Timeout", "the function did not answer in time", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := api(t, &fakeFunction{reply: test.reply}, func(c *Config) {
				if name == "a_slow_function" {
					c.integrationTimeout = 20 * time.Millisecond
				}
			})
			got := do(t, "GET", server.URL+"/events", "", "X-Correlation-ID", "c-1")
			expectProblem(t, got, test.status, test.title, test.detail, "/events")
			if retry := got.header.Get("Retry-After"); retry != test.retry {
				t.Errorf("Retry-After %q, want %q", retry, test.retry)
			}
			if strings.Contains(got.body, "inner detail") {
				t.Errorf("the inner detail is in the answer: %s", got.body)
			}
		})
	}
}

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	f := &fakeFunction{}
	server := api(t, f, nil)
	t.Run("a_body_of_the_limit_is_taken", func(t *testing.T) {
		if got := do(t, "POST", server.URL+"/events", strings.Repeat("x", MaxBodyBytes)); got.status != 200 {
			t.Errorf("%d %s", got.status, got.body)
		}
		if n := len(f.last(t).Body); n != MaxBodyBytes {
			t.Errorf("%d bytes", n)
		}
	})
	before := f.invocations()
	t.Run("one_byte_more_is_not", func(t *testing.T) {
		got := do(t, "POST", server.URL+"/events", strings.Repeat("x", MaxBodyBytes+1))
		expectProblem(t, got, 413, "Request Entity Too Large", "the body must be at most 10485760 bytes", "/events")
	})
	t.Run("a_query_with_a_bad_escape", func(t *testing.T) {
		if line := rawRequest(t, server, "GET /events?a=%zz HTTP/1.1\r\nHost: x\r\n\r\n"); line != "HTTP/1.1 400 Bad Request" {
			t.Errorf("got %q", line)
		}
	})
	t.Run("a_query_that_is_no_UTF-8", func(t *testing.T) {
		expectProblem(t, do(t, "GET", server.URL+"/events?a=%ff", ""), 400, "Bad Request",
			"the query string is not UTF-8 when its percent-encoding is undone", "/events")
	})
	t.Run("a_path_that_is_no_UTF-8", func(t *testing.T) {
		expectProblem(t, do(t, "GET", server.URL+"/events/%ff", ""), 400, "Bad Request",
			"the path is not UTF-8 when its percent-encoding is undone", "/events/%ff")
	})
	t.Run("a_body_that_breaks_off", func(t *testing.T) {
		line := rawRequest(t, server, "POST /events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n")
		if line != "HTTP/1.1 400 Bad Request" {
			t.Errorf("got %q", line)
		}
	})
	if n := f.invocations() - before; n != 0 {
		t.Errorf("%d invocations", n)
	}
}

func TestProblem_has_the_code_of_its_status(t *testing.T) {
	t.Parallel()
	server := api(t, &fakeFunction{}, func(c *Config) { c.Codes = map[int]string{404: "not_found"} })
	for path, want := range map[string]any{"/nothing": "not_found", "/events?a=%ff": nil} {
		var got map[string]any
		if err := json.Unmarshal([]byte(do(t, "GET", server.URL+path, "").body), &got); err != nil || got["code"] != want {
			t.Errorf("%s: the code is %v, want %v (%v)", path, got["code"], want, err)
		}
	}
}

func TestCorrelationID(t *testing.T) {
	t.Parallel()
	server := api(t, &fakeFunction{}, nil)
	tests := map[string]struct {
		given string
		kept  bool
	}{
		"kept":                      {"order-7 / é?"[:9], true},
		"of_128_characters":         {strings.Repeat("x", 128), true},
		"made_when_absent":          {"", false},
		"made_when_of_129":          {strings.Repeat("x", 129), false},
		"made_when_not_ASCII":       {"ordér", false},
		"made_when_with_a_tab":      {"a\tb", false},
		"kept_with_odd_punctuation": {`"<~!{}\`, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := do(t, "GET", server.URL+"/nothing", "", "x-correlation-id", test.given)
			id := got.header.Get("X-Correlation-ID")
			var body problem
			if err := json.Unmarshal([]byte(got.body), &body); err != nil || body.CorrelationID != id {
				t.Errorf("the body has %q, the header %q (%v)", body.CorrelationID, id, err)
			}
			if test.kept && id != test.given || !test.kept && !uuidv7.MatchString(id) {
				t.Errorf("got %q for %q", id, test.given)
			}
		})
	}
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	type line struct {
		Level, Method, Path, Resource, Error string
		Status, Bytes                        int
		CorrelationID                        string `json:"correlation_id"`
		RequestID                            string `json:"request_id"`
		FunctionError                        string `json:"function_error"`
	}
	tests := map[string]struct {
		reply  func(context.Context, events.APIGatewayProxyRequest) (string, string, error)
		target string
		want   line
	}{
		"an_answer": {answering(`{"statusCode":202,"headers":{"x-correlation-id":"made-inside"},"body":"{}"}`), "/events/e-1?secret=1",
			line{Level: "INFO", Path: "/events/e-1", Resource: "/events/{event_id}", Status: 202, Bytes: 2, CorrelationID: "made-inside"}},
		"a_function_error": {func(context.Context, events.APIGatewayProxyRequest) (string, string, error) {
			return "{}", "Unhandled", nil
		}, "/events/e-1",
			line{Level: "WARN", Path: "/events/e-1", Resource: "/events/{event_id}", Status: 502, CorrelationID: "given", FunctionError: "Unhandled"}},
		"no_invocation": {func(context.Context, events.APIGatewayProxyRequest) (string, string, error) {
			return "", "", errors.New("refused")
		}, "/events/e-1",
			line{Level: "WARN", Path: "/events/e-1", Resource: "/events/{event_id}", Status: 502, CorrelationID: "given", Error: "refused"}},
		"no_route": {nil, "/nothing", line{Level: "INFO", Path: "/nothing", Status: 404, CorrelationID: "given"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			server := api(t, &fakeFunction{reply: test.reply}, func(c *Config) {
				c.APIKeys = []APIKey{{ID: "key-of-somebody", Value: "top-secret"}}
				c.Logger = slog.New(slog.NewJSONHandler(&log, nil))
			})
			got := do(t, "GET", server.URL+test.target, "", "X-Api-Key", "top-secret", "X-Correlation-ID", "given")
			server.Close() // the line is written before the connection is done

			var logged line
			if err := json.Unmarshal(log.Bytes(), &logged); err != nil {
				t.Fatalf("%v in %s", err, log.String())
			}
			want := test.want
			want.Method, want.RequestID = "GET", got.header.Get("X-Amzn-RequestId")
			if want.Bytes == 0 {
				want.Bytes = len(got.body)
			}
			if logged != want {
				t.Errorf("got %+v\nwant %+v", logged, want)
			}
			if strings.Contains(log.String(), "secret") {
				t.Errorf("the log tells a secret: %s", log.String())
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	f := &fakeFunction{}
	good := Route{Method: "GET", Path: "/a", Function: f}
	with := func(change func(*Route)) Config {
		route := good
		change(&route)
		return Config{Routes: []Route{route}}
	}
	tests := map[string]struct {
		cfg  Config
		want string
	}{
		"no_routes":             {Config{}, "Routes must have at least one route"},
		"a_bad_account":         {Config{Routes: []Route{good}, AccountID: "1"}, `AccountID must be 12 digits, got "1"`},
		"a_lower-case_method":   {with(func(r *Route) { r.Method = "get" }), `Routes[0].Method must be upper-case letters, got "get"`},
		"no_path":               {with(func(r *Route) { r.Path = "" }), `Path must be segments, {names} and at the end a {name+}, got ""`},
		"a_relative_path":       {with(func(r *Route) { r.Path = "a" }), `got "a"`},
		"a_trailing_slash":      {with(func(r *Route) { r.Path = "/a/" }), `Path must not end with a slash, got "/a/"`},
		"a_rest_in_the_middle":  {with(func(r *Route) { r.Path = "/{a+}/b" }), `got "/{a+}/b"`},
		"half_a_segment":        {with(func(r *Route) { r.Path = "/a{b}" }), `got "/a{b}"`},
		"no_function":           {with(func(r *Route) { r.Function = nil }), "Function is required for GET /a"},
		"a_route_twice":         {Config{Routes: []Route{good, good}}, "Routes has GET /a twice"},
		"paths_that_conflict":   {Config{Routes: []Route{{Method: "GET", Path: "/a/{x}", Function: f}, {Method: "GET", Path: "/{x}/b", Function: f}}}, "the path /{x}/b cannot be routed"},
		"a_parameter_two_times": {with(func(r *Route) { r.Path = "/{x}/{x}" }), "the path /{x}/{x} cannot be routed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := New(test.cfg); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

var _ http.Handler = (*Gateway)(nil)
