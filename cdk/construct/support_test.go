package construct

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"
)

// All constructs live in one Node, which answers one question at a time: tests
// that make some are not parallel.
func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	os.Setenv("CDK_VALIDATION", "false") // make synth validates the same templates
	if _, err := exec.LookPath("node"); err != nil && os.Getenv("JSII_NODE") == "" {
		fmt.Fprintf(os.Stderr, "the CDK's constructs run in Node.js: %v; install it\n", err)
		return 1
	}
	defer jsii.Close()
	return m.Run()
}

// newStack returns a stack with the feature flags of cdk.json, without which the
// CDK makes other resources.
func newStack(t *testing.T) awscdk.Stack {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Context map[string]any }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir()), Context: &file.Context, AnalyticsReporting: jsii.Bool(false)})
	return awscdk.NewStack(app, jsii.String("Test"), nil)
}

// resources returns what the stack's template has, by logical id.
func resources(stack awscdk.Stack) map[string]any {
	raw, err := json.Marshal(assertions.Template_FromStack(stack, nil).ToJSON())
	if err != nil {
		panic(err) // it was JSON
	}
	var template struct{ Resources map[string]any }
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // as the reader of templates wants it
	if err := decoder.Decode(&template); err != nil {
		panic(err)
	}
	return template.Resources
}

// oneOfTheRetentions are the days that CloudWatch Logs offers.
const oneOfTheRetentions = "one of [1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653]"

// synthesized is the template of a stack, to assert on.
type synthesized struct{ assertions.Template }

func templateOf(stack awscdk.Stack) synthesized {
	return synthesized{assertions.Template_FromStack(stack, nil)}
}

// has demands a resource of the type with these properties among its own.
func (made synthesized) has(t *testing.T, kind string, properties map[string]any) {
	t.Helper()
	defer func() {
		t.Helper()
		if missing := recover(); missing != nil {
			t.Error(missing)
		}
	}()
	made.HasResourceProperties(text(kind), properties)
}

// count demands so many resources of the type.
func (made synthesized) count(t *testing.T, kind string, want int) {
	t.Helper()
	if got := len(*made.FindResources(text(kind), nil)); got != want {
		t.Errorf("there are %d %s, want %d", got, kind, want)
	}
}

// measures demands the metric's namespace, name and statistic, over a minute.
func measures(t *testing.T, metric awscloudwatch.Metric, want string) {
	t.Helper()
	got := fmt.Sprintf("%s %s %s", *metric.Namespace(), *metric.MetricName(), *metric.Statistic())
	if period := *metric.Period().ToSeconds(nil); got != want || period != 60 {
		t.Errorf("the metric is %s over %v s, want %s over 60 s", got, period, want)
	}
}

// wrong is a change of good props, and what is then said of them.
type wrong[P any] struct {
	change func(*P)
	want   string
}

// refuses demands that making a part of each wrong props panics with the sentence.
func refuses[P any](t *testing.T, part string, good func() P, make func(*P), all ...wrong[P]) {
	t.Helper()
	for _, one := range all {
		props := good()
		one.change(&props)
		panics(t, part+": "+one.want, func() { make(&props) })
	}
}

// panics demands that the call panics with the sentence.
func panics(t *testing.T, want string, call func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != want {
			t.Errorf("panics with %v, want %s", got, want)
		}
	}()
	call()
}
