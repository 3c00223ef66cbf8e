package lambdatest

import (
	"maps"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/config"
)

// CheckEnvironment runs the function with the environment, and with it but for
// each variable that is required: then it must end with one line that names it.
// The environment must hold variables of config and AWS_ENDPOINT_URL only.
func CheckEnvironment(t *testing.T, variables []config.Variable, environment map[string]string) {
	t.Helper()
	known := map[string]bool{"AWS_ENDPOINT_URL": true}
	for _, v := range variables {
		known[v.Name] = true
	}
	for name := range environment {
		if !known[name] {
			t.Errorf("%s is set and config knows it not", name)
		}
	}
	t.Run("it starts", func(t *testing.T) {
		t.Parallel()
		Start(t, environment).Ready()
	})
	required := 0
	for _, v := range variables {
		if !v.Required {
			continue
		}
		required++
		t.Run("not without "+v.Name, func(t *testing.T) {
			t.Parallel()
			less := maps.Clone(environment)
			delete(less, v.Name)
			p := Start(t, less)
			if ended := p.Ended(); ended != "exit status 1" {
				t.Errorf("it ended with %s", ended)
			}
			line := p.Output.Only(t)
			if text, _ := line["error"].(string); line["message"] != "init failed" || line["level"] != "ERROR" ||
				!strings.HasPrefix(text, "the environment cannot be used: "+v.Name+" must be ") || strings.Contains(text, ";") {
				t.Errorf("line %v", line)
			}
		})
	}
	if required == 0 {
		t.Error("nothing is required")
	}
}

// CheckUnsaid looks for the marks in everything that a function wrote, which must
// be log lines of at least the given number.
func CheckUnsaid(t testing.TB, output string, atLeast int, marks ...string) {
	t.Helper()
	lines := 0
	for line := range strings.Lines(output) {
		if Decode(t, []byte(line))["_aws"] == nil {
			lines++
		}
		for _, mark := range marks {
			if strings.Contains(line, mark) {
				t.Errorf("%s is in the log: %s", mark, line)
			}
		}
	}
	if lines < atLeast {
		t.Errorf("only %d log lines were written, want %d", lines, atLeast)
	}
}
