package construct

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
)

// All constructs live in one Node, which answers one question at a time: tests
// that make some are not parallel.
func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
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
	template := *assertions.Template_FromStack(stack, nil).ToJSON()
	return template["Resources"].(map[string]any)
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
