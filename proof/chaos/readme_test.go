package chaos

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestReadme_has_the_figures_of_the_report compares the README with the report that
// `make chaos` wrote last.
func TestReadme_has_the_figures_of_the_report(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/proof/chaos.json")
	if err != nil {
		t.Fatal(err)
	}
	var report Report
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	if failed := report.Failed(); len(failed) > 0 {
		t.Errorf("the report has failed scenarios: %v", failed)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	total, scenarios := report.total(), len(report.byScenario())
	want := fmt.Sprintf("%d faults under load, %d runs: %d events accepted, %d stored and %d in the DLQ with the reason, %d lost, doubled or changed",
		scenarios, len(report.Records), total.Accepted, total.Stored, total.DeadLettered, len(total.Findings))
	if !strings.Contains(string(readme), want) {
		t.Errorf("README.md must say: %s", want)
	}
}
