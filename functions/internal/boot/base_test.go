package boot_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/smithy-go/logging"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

func setAWS(t *testing.T, region, collector string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": region, "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
		"OTEL_EXPORTER_OTLP_ENDPOINT": collector, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "", "OTEL_SDK_DISABLED": "",
	} {
		t.Setenv(name, value)
	}
}

func TestNewBase(t *testing.T) {
	setAWS(t, "eu-west-1", "")
	log := &lambdatest.Log{}
	base, err := boot.NewBase(t.Context(), log, contract.FunctionQuery, config.Service{Environment: "dev", LogLevel: slog.LevelWarn})
	if err != nil {
		t.Fatal(err)
	}
	if base.AWS.Region != "eu-west-1" || base.Traces.Provider() != nil {
		t.Errorf("region %q, tracer provider %v", base.AWS.Region, base.Traces.Provider())
	}
	metrics, err := base.Metrics(contract.NamespaceQuery)
	if err != nil {
		t.Fatal(err)
	}
	metrics.Count(contract.MetricQuerySuccess, 1)
	base.Logger.Info("below the level")
	base.AWS.Logger.Logf(logging.Debug, "below the level")
	base.AWS.Logger.Logf(logging.Warn, "retrying %d", 2)
	base.Flush(t.Context(), "r-1", metrics)
	const want = `{"timestamp":"NOW","level":"WARN","message":"aws sdk","service":"query","environment":"dev","detail":"retrying 2"}
{"Environment":"dev","Service":"query","_aws":{"Timestamp":0,"CloudWatchMetrics":[{"Namespace":"Fluxa/Query","Dimensions":[["Service","Environment"]],"Metrics":[{"Name":"query_success","Unit":"Count"}]}]},"query_success":1,"request_id":"r-1"}
`
	if got := lambdatest.Timeless(log.String()); got != want {
		t.Errorf("it wrote\n%swant\n%s", got, want)
	}
}

// FunctionVersion is what the runtime's library read of AWS_LAMBDA_FUNCTION_VERSION.
func TestNewBase_counts_outcomes_by_version_where_releases_are_canaries(t *testing.T) {
	setAWS(t, "eu-west-1", "")
	before := lambdacontext.FunctionVersion
	t.Cleanup(func() { lambdacontext.FunctionVersion = before })
	lambdacontext.FunctionVersion = "12"
	for release, want := range map[string]string{"": "", config.Canary: "12"} {
		base, err := boot.NewBase(t.Context(), io.Discard, contract.FunctionQuery, config.Service{Environment: "dev", Release: release})
		if err != nil || base.Version != want {
			t.Errorf("with the release %q the version is %q, want %q (%v)", release, base.Version, want, err)
		}
	}
}

func TestNewBase_tells_what_it_cannot_start_with(t *testing.T) {
	for name, c := range map[string]struct{ region, collector, want string }{
		"no region":                {"", "", "load the AWS configuration: no region; set AWS_REGION"},
		"no URL for the collector": {"eu-west-1", "collector:4318", `telemetry: OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://localhost:4318, got "collector:4318"`},
	} {
		setAWS(t, c.region, c.collector)
		if _, err := boot.NewBase(t.Context(), io.Discard, contract.FunctionQuery, config.Service{Environment: "dev"}); err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestMetrics_refuses_a_namespace_without_metrics(t *testing.T) {
	t.Parallel()
	base, _ := lambdatest.Base(contract.FunctionQuery)
	if _, err := base.Metrics("Fluxa/Other"); err == nil || err.Error() != `telemetry: Namespace "Fluxa/Other" has no metrics` {
		t.Errorf("error %v", err)
	}
}

func TestFlush_logs_what_the_collector_refuses(t *testing.T) {
	collector := httptest.NewServer(http.NotFoundHandler())
	defer collector.Close()
	setAWS(t, "eu-west-1", collector.URL)
	log := &lambdatest.Log{}
	base, err := boot.NewBase(t.Context(), log, contract.FunctionQuery, config.Service{Environment: "dev"})
	if err != nil {
		t.Fatal(err)
	}
	_, end := base.Traces.Invocation(t.Context(), "GET /events", "")
	end(nil)
	base.Flush(t.Context(), "r-1")
	line := log.Only(t)
	text, _ := line["error"].(string)
	if line["message"] != "telemetry" || line["level"] != "WARN" || line["request_id"] != "r-1" || line["error_code"] != "internal" ||
		!strings.HasPrefix(text, "send traces: ") {
		t.Errorf("line %v", line)
	}
}

func TestFailure_is_the_code_and_the_text(t *testing.T) {
	t.Parallel()
	base, log := lambdatest.Base(contract.FunctionQuery)
	base.Logger.Error("m", boot.Failure(fault.Wrap(fault.QueueUnavailable, errors.New("refused"), "no queue")))
	if line := log.Only(t); line["error_code"] != "queue_unavailable" || line["error"] != "queue_unavailable: no queue: refused" {
		t.Errorf("line %v", line)
	}
}

func TestWorkContext_ends_before_the_function_does(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]time.Duration{
		30 * time.Second: 28500 * time.Millisecond,
		6 * time.Second:  4500 * time.Millisecond,
		2 * time.Second:  1500 * time.Millisecond,
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), left)
			defer cancel()
			work, done := boot.WorkContext(ctx)
			defer done()
			<-work.Done()
			if took := time.Since(began); took != want || !errors.Is(work.Err(), context.DeadlineExceeded) {
				t.Errorf("of %s the work had %s, want %s: %v", left, took, want, work.Err())
			}
		})
	}
	work, done := boot.WorkContext(t.Context())
	if _, bounded := work.Deadline(); bounded || work.Err() != nil {
		t.Errorf("without a deadline: bounded %v, %v", bounded, work.Err())
	}
	if done(); work.Err() == nil {
		t.Error("it is not cancelled")
	}
}

func TestInvocation_values(t *testing.T) {
	t.Parallel()
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
	ctx = lambdatest.WithTraceHeader(ctx, "Root=1")
	if boot.RequestID(ctx) != "r-1" || boot.TraceHeader(ctx) != "Root=1" {
		t.Errorf("request id %q, trace header %q", boot.RequestID(ctx), boot.TraceHeader(ctx))
	}
	if boot.RequestID(t.Context()) != "" || boot.TraceHeader(t.Context()) != "" {
		t.Error("there are values outside of Lambda")
	}
}
