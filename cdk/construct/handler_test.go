package construct

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
)

func handlerProps(stack awscdk.Stack, name string) HandlerProps {
	bucket := awss3.Bucket_FromBucketName(stack, text("Code"+name), text("code"))
	return HandlerProps{
		Name: name, Code: awslambda.Code_FromBucket(bucket, text(name+".zip"), nil), MemoryMiB: 256, Timeout: 30 * time.Second,
		LogLevel: "info", SystemLogLevel: "info", LogRetentionDays: 1,
		MetricNamespace: "App/" + name, MetricDimensions: map[string]string{"Service": name},
	}
}

func testHandler(stack awscdk.Stack, id string) *Handler {
	props := handlerProps(stack, strings.ToLower(id))
	return NewHandler(stack, id, &props)
}

func TestHandler_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = HandlerProps
	stack := newStack(t)
	good := handlerProps(stack, "ingest")
	refuses(t, "Handler", func() p { return good }, func(props *p) { NewHandler(stack, "Ingest", props) },
		wrong[p]{func(p *p) { p.Name = "in gest" }, `Name must have 1 to 64 characters of A-Za-z0-9_-, got "in gest"`},
		wrong[p]{func(p *p) { p.Description = strings.Repeat("d", 257) }, fmt.Sprintf("Description must have 0 to 256 characters, got %q", strings.Repeat("d", 257))},
		wrong[p]{func(p *p) { p.Code = nil }, "Code is required"},
		wrong[p]{func(p *p) { p.MemoryMiB = 127 }, "MemoryMiB must be 128 to 10240, got 127"},
		wrong[p]{func(p *p) { p.Timeout = 16 * time.Minute }, "Timeout must be 1s to 15m0s in whole seconds, got 16m0s"},
		wrong[p]{func(p *p) { p.ReservedConcurrency = -1 }, "ReservedConcurrency must be at least 0, got -1"},
		wrong[p]{func(p *p) { p.LogLevel = "INFO" }, `LogLevel must be one of [debug info warn error], got "INFO"`},
		wrong[p]{func(p *p) { p.SystemLogLevel = "error" }, `SystemLogLevel must be info or warn, got "error"`},
		wrong[p]{func(p *p) { p.LogRetentionDays = 4 }, "LogRetentionDays must be " + oneOfTheRetentions + ", got 4"},
		wrong[p]{func(p *p) { p.Removal = "keep" }, "Removal must be one of [RETAIN DESTROY], got keep"})
}

func TestHandler_is_as_its_props_say(t *testing.T) {
	stack := newStack(t)
	props := handlerProps(stack, "ingest")
	props.SystemLogLevel = "warn"
	props.Environment, props.LogLevel, props.ReservedConcurrency, props.Tracing = map[string]string{"MODE": "b"}, "debug", 7, true
	NewHandler(stack, "Ingest", &props)
	made := templateOf(stack)
	made.has(t, "AWS::Lambda::Function", map[string]any{
		"FunctionName": "ingest", "MemorySize": 256, "Timeout": 30, "Runtime": "provided.al2023", "Architectures": []any{"arm64"},
		"Environment": map[string]any{"Variables": map[string]any{"MODE": "b"}}, "ReservedConcurrentExecutions": 7,
		"TracingConfig": map[string]any{"Mode": "Active"},
		"LoggingConfig": map[string]any{"ApplicationLogLevel": "DEBUG", "LogFormat": "JSON", "SystemLogLevel": "WARN"},
	})
	made.has(t, "AWS::Logs::LogGroup", map[string]any{"LogGroupName": "/aws/lambda/ingest", "RetentionInDays": 1})
}

// Metric lines have no level: a stricter filter of Lambda's would drop them.
func TestHandler_never_filters_below_info(t *testing.T) {
	stack := newStack(t)
	for _, level := range []string{"info", "warn", "error"} {
		props := handlerProps(stack, level)
		props.LogLevel = level
		NewHandler(stack, level, &props)
	}
	made := templateOf(stack)
	made.count(t, "AWS::Lambda::Function", 3)
	made.AllResourcesProperties(text("AWS::Lambda::Function"), map[string]any{"LoggingConfig": map[string]any{"ApplicationLogLevel": "INFO"}})
}

func TestHandler_s_metrics_are_those_of_the_function_and_of_its_code(t *testing.T) {
	stack := newStack(t)
	h := testHandler(stack, "Ingest")
	measures(t, h.MetricInvocations(), "AWS/Lambda Invocations Sum")
	measures(t, h.MetricThrottles(), "AWS/Lambda Throttles Sum")
	measures(t, h.MetricDuration(), "AWS/Lambda Duration Sum")
	measures(t, h.MetricConcurrency(), "AWS/Lambda ConcurrentExecutions Maximum")
	if label := *h.MetricErrorRate().Label(); label != "errors of ingest, %" {
		t.Errorf("the error rate is called %s", label)
	}
	written := h.MetricWritten("latency_ms", "p99")
	measures(t, written, "App/ingest latency_ms p99")
	if of := (*written.Dimensions())["Service"]; of != "ingest" {
		t.Errorf("its service is %v", of)
	}

	props := handlerProps(stack, "silent")
	props.MetricNamespace = ""
	silent := NewHandler(stack, "Silent", &props)
	panics(t, "Handler: MetricNamespace is required", func() { silent.MetricWritten("latency_ms", "p99") })
}
