package awsclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/logging"
	"github.com/go-json-experiment/json"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/fluxa/fluxa/pkg/awsclient"
)

// setEnvironment gives the SDK all it asks for, so that nothing of the machine's
// own configuration counts.
func setEnvironment(t *testing.T, endpoint string) {
	t.Helper()
	nowhere := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "",
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "",
		"AWS_CONFIG_FILE": nowhere, "AWS_SHARED_CREDENTIALS_FILE": nowhere,
		"AWS_ENDPOINT_URL": endpoint, "AWS_ENDPOINT_URL_SQS": "", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_MAX_ATTEMPTS": "", "AWS_RETRY_MODE": "",
	} {
		t.Setenv(name, value)
	}
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Only once the body is read does a server notice that the client left.
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func send(ctx context.Context, loaded aws.Config) error {
	_, err := sqs.NewFromConfig(loaded).SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: aws.String("http://queue.example/1/events"), MessageBody: aws.String("hello"),
	})
	return err
}

const taken = `{"MessageId":"1","MD5OfMessageBody":"5d41402abc4b2a76b9719d911017c592"}`

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-Requestid", "request-7")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

func TestLoad_speaks_to_the_endpoint_of_the_environment_and_tries_again(t *testing.T) {
	var tries atomic.Int32
	setEnvironment(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/sqs/") {
			t.Errorf("signed as %q", r.Header.Get("Authorization"))
		}
		if tries.Add(1) < 3 {
			answer(w, http.StatusServiceUnavailable, `{"__type":"ServiceUnavailable"}`)
			return
		}
		answer(w, http.StatusOK, taken)
	}))
	loaded, err := awsclient.Load(awsclient.Config{MaxBackoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(t.Context(), loaded); err != nil || tries.Load() != 3 {
		t.Errorf("%d tries, error %v", tries.Load(), err)
	}
}

func TestLoad_bounds_the_attempts(t *testing.T) {
	for _, attempts := range []int{0, 1, 2} {
		var tries atomic.Int32
		setEnvironment(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
			tries.Add(1)
			answer(w, http.StatusInternalServerError, `{}`)
		}))
		loaded, err := awsclient.Load(awsclient.Config{MaxBackoff: time.Millisecond, Attempts: attempts})
		if err != nil {
			t.Fatal(err)
		}
		want := int32(attempts)
		if attempts == 0 {
			want = 3
		}
		if err := send(t.Context(), loaded); err == nil || tries.Load() != want {
			t.Errorf("%d tries, want %d; error %v", tries.Load(), want, err)
		}
	}
}

func TestLoad_gives_up_on_a_server_that_does_not_answer(t *testing.T) {
	gone := make(chan struct{})
	setEnvironment(t, serve(t, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		close(gone)
	}))
	loaded, err := awsclient.Load(awsclient.Config{Attempts: 1, ResponseTimeout: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	err = send(t.Context(), loaded)
	if err == nil || !strings.Contains(err.Error(), "timeout awaiting response headers") {
		t.Errorf("error %v", err)
	}
	<-gone
}

func TestLoad_gives_up_on_an_answer_that_does_not_end(t *testing.T) {
	// A busy machine may not get as far as the body in so short a time: then the
	// call has to fail all the same, and the next has twice the time.
	for timeout := 50 * time.Millisecond; ; timeout *= 2 {
		gone := make(chan struct{})
		setEnvironment(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			close(gone)
		}))
		loaded, err := awsclient.Load(awsclient.Config{Attempts: 1, CallTimeout: timeout})
		if err != nil {
			t.Fatal(err)
		}
		err = send(t.Context(), loaded)
		if err == nil || !strings.Contains(err.Error(), "exceeded maximum number of attempts, 1") || timeout > time.Minute {
			t.Fatalf("error %v with %s for a call", err, timeout)
		}
		if strings.Contains(err.Error(), "while reading body") {
			<-gone
			return
		}
	}
}

func TestLoad_no_call_outlives_its_context(t *testing.T) {
	arrived, gone := make(chan struct{}), make(chan struct{})
	setEnvironment(t, serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(gone)
	}))
	loaded, err := awsclient.Load(awsclient.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if err := send(ctx, loaded); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	<-gone
}

func TestLoad_writes_the_SDKs_warnings_to_the_logger(t *testing.T) {
	setEnvironment(t, "")
	var out strings.Builder
	loaded, err := awsclient.Load(awsclient.Config{Logger: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))})
	if err != nil {
		t.Fatal(err)
	}
	loaded.Logger.Logf(logging.Warn, "no checksum for %s", "k")
	loaded.Logger.Logf(logging.Debug, "tried %d times", 2)
	want := "level=WARN msg=\"no checksum for k\" source=aws-sdk\nlevel=DEBUG msg=\"tried 2 times\" source=aws-sdk\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestLoad_refuses(t *testing.T) {
	for want, c := range map[string]awsclient.Config{
		"awsclient: Attempts must be 1 to 10, got 11":           {Attempts: 11},
		"awsclient: MaxBackoff must be positive, got -1ns":      {MaxBackoff: -1},
		"awsclient: ConnectTimeout must be positive, got -1ns":  {ConnectTimeout: -1},
		"awsclient: ResponseTimeout must be positive, got -1ns": {ResponseTimeout: -1},
		"awsclient: CallTimeout must be positive, got -1ns":     {CallTimeout: -1},
	} {
		if _, err := awsclient.Load(c); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	t.Run("a missing region", func(t *testing.T) {
		setEnvironment(t, "")
		t.Setenv("AWS_REGION", "")
		_, err := awsclient.Load(awsclient.Config{})
		if want := "load the AWS configuration: no region; set AWS_REGION"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

func TestLoad_no_call_is_made_without_credentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		setEnvironment(t, serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a call was made") }))
		t.Setenv(name, "")
		loaded, err := awsclient.Load(awsclient.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := send(t.Context(), loaded); err == nil || !strings.Contains(err.Error(), "static credentials are empty") {
			t.Errorf("without %s: error %v", name, err)
		}
	}
}

// TestLoad_is_as_the_SDK_loads_it compares with the SDK's own loader what clients take
// from a configuration, for the environment of a function.
func TestLoad_is_as_the_SDK_loads_it(t *testing.T) {
	for _, endpoint := range []string{"", "http://127.0.0.1:4566"} {
		setEnvironment(t, endpoint)
		t.Setenv("AWS_SESSION_TOKEN", "token")
		loaded, err := awsclient.Load(awsclient.Config{})
		if err != nil {
			t.Fatal(err)
		}
		want, err := config.LoadDefaultConfig(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, differ := range map[string]bool{
			"Region":                     loaded.Region != want.Region,
			"BaseEndpoint":               aws.ToString(loaded.BaseEndpoint) != aws.ToString(want.BaseEndpoint),
			"DefaultsMode":               loaded.DefaultsMode != want.DefaultsMode,
			"RequestChecksumCalculation": loaded.RequestChecksumCalculation != want.RequestChecksumCalculation,
			"ResponseChecksumValidation": loaded.ResponseChecksumValidation != want.ResponseChecksumValidation,
			"EndpointOptions":            sqs.NewFromConfig(loaded).Options().EndpointOptions != sqs.NewFromConfig(want).Options().EndpointOptions,
		} {
			if differ {
				t.Errorf("with endpoint %q %s differs from the SDK's", endpoint, name)
			}
		}
		keys, err := loaded.Credentials.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		theirKeys, err := want.Credentials.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if keys != theirKeys || keys.SessionToken != "token" {
			t.Errorf("credentials of %s, want of %s", keys.Source, theirKeys.Source)
		}
	}
}

func TestSpans(t *testing.T) {
	common := []attribute.KeyValue{
		attribute.String("rpc.system", "aws-api"),
		attribute.String("rpc.service", "SQS"),
		attribute.String("rpc.method", "SendMessage"),
		attribute.String("cloud.region", "eu-west-1"),
	}
	for name, c := range map[string]struct {
		handler    http.HandlerFunc
		attributes []attribute.KeyValue
		status     sdktrace.Status
	}{
		"a good call": {
			func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, taken) },
			[]attribute.KeyValue{
				attribute.String("aws.request_id", "request-7"),
				attribute.Int("http.response.status_code", 200),
			},
			sdktrace.Status{},
		},
		"a refused call": {
			func(w http.ResponseWriter, _ *http.Request) {
				answer(w, http.StatusBadRequest, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no such queue"}`)
			},
			[]attribute.KeyValue{
				attribute.String("aws.request_id", "request-7"),
				attribute.Int("http.response.status_code", 400),
				attribute.String("error.type", "QueueDoesNotExist"),
			},
			sdktrace.Status{Code: codes.Error, Description: "QueueDoesNotExist"},
		},
		"a call tried twice": {
			func() http.HandlerFunc {
				var tries atomic.Int32
				return func(w http.ResponseWriter, _ *http.Request) {
					if tries.Add(1) == 1 {
						answer(w, http.StatusInternalServerError, `{}`)
						return
					}
					answer(w, http.StatusOK, taken)
				}
			}(),
			[]attribute.KeyValue{
				attribute.String("aws.request_id", "request-7"),
				attribute.Int("aws.attempts", 2),
				attribute.Int("http.response.status_code", 200),
			},
			sdktrace.Status{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			setEnvironment(t, serve(t, c.handler))
			recorder := tracetest.NewSpanRecorder()
			provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
			loaded, err := awsclient.Load(awsclient.Config{MaxBackoff: time.Millisecond, Tracer: provider.Tracer("test")})
			if err != nil {
				t.Fatal(err)
			}
			if err := send(t.Context(), loaded); (err != nil) != (c.status.Code == codes.Error) {
				t.Fatal(err)
			}
			spans := recorder.Ended()
			if len(spans) != 1 {
				t.Fatalf("%d spans, want 1", len(spans))
			}
			span := spans[0]
			if span.Name() != "SQS.SendMessage" || span.SpanKind() != trace.SpanKindClient || span.Status() != c.status {
				t.Errorf("span %s of kind %s, status %+v", span.Name(), span.SpanKind(), span.Status())
			}
			got, want := attribute.NewSet(span.Attributes()...), attribute.NewSet(append(common, c.attributes...)...)
			if !got.Equals(&want) {
				t.Errorf("attributes\n%v, want\n%v", got.ToSlice(), want.ToSlice())
			}
		})
	}
}

func TestSpans_name_an_error_without_its_text(t *testing.T) {
	for name, c := range map[string]struct {
		ctx  func(context.Context) (context.Context, context.CancelFunc)
		want string
	}{
		"cancelled": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, "Canceled"},
		"out of time": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithDeadline(ctx, time.Unix(0, 0))
		}, "DeadlineExceeded"},
		"unreachable": {context.WithCancel, "syscall.Errno"},
	} {
		t.Run(name, func(t *testing.T) {
			closed := httptest.NewServer(nil)
			closed.Close()
			setEnvironment(t, closed.URL)
			recorder := tracetest.NewSpanRecorder()
			provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
			loaded, err := awsclient.Load(awsclient.Config{Attempts: 1, Tracer: provider.Tracer("test")})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := c.ctx(t.Context())
			defer cancel()
			if err := send(ctx, loaded); err == nil {
				t.Fatal("the call did not fail")
			}
			if got := recorder.Ended()[0].Status().Description; got != c.want {
				t.Errorf("status %q, want %q", got, c.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                               "",
		"plain … 😀\t\r\n":                "plain … 😀\t\r\n",
		"nul\x00 bell\x07 esc\x1b":       "nul\uFFFD bell\uFFFD esc\uFFFD",
		"\uFFFE\uFFFF\uFFFD":             "\uFFFD\uFFFD\uFFFD",
		"broken \xff utf-8 \xed\xa0\x80": "broken \uFFFD utf-8 \uFFFD\uFFFD\uFFFD",
		"del \x7f and c1 \u0085":         "del \x7f and c1 \u0085",
	} {
		if got := awsclient.Text(text); got != want {
			t.Errorf("Text(%q) = %q, want %q", text, got, want)
		}
	}
}

// xml10 reports whether SQS and SNS accept every character: those of XML 1.0.
func xml10(body string) bool {
	for i, r := range body {
		switch {
		case r == '\uFFFD' && !strings.HasPrefix(body[i:], "\uFFFD"):
			return false // a byte that is not UTF-8
		case r == 0x9, r == 0xA, r == 0xD, 0x20 <= r && r <= 0xD7FF, 0xE000 <= r && r <= 0xFFFD, r >= 0x10000:
		default:
			return false
		}
	}
	return true
}

// What ingest encodes is JSON in JSON: it must pass SQS and come back as it was.
func FuzzJSON(f *testing.F) {
	for _, payload := range []string{
		"", "\uFFFE\\\uFFFF\\\\\uFFFE\"\uFFFE", "\x00\x01\b\f\n\r\t\x1f\x7f\u0080\u2028\u2029",
		"é€😀\U0010FFFF\U0001FFFE\uE000\uFFFD", `\ufffe\uffff\u0000\"`, strings.Repeat(`"`, 1000),
		`<a href="&amp;">]]></a>`, `{"a":"\ud83d\ude00"}`,
	} {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		encoded, err := json.Marshal(map[string]string{"payload_inline": payload})
		if !utf8.ValidString(payload) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		text := awsclient.JSON(string(encoded))
		if !xml10(text) {
			t.Errorf("SQS would refuse %q", text)
		}
		var back map[string]string
		if err := json.Unmarshal([]byte(text), &back); err != nil || back["payload_inline"] != payload {
			t.Errorf("%q came back as %q, %v", payload, back, err)
		}
	})
}
