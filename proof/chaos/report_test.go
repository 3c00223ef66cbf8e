package chaos

import (
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/proof/checker"
)

func TestReport_is_a_table_a_section_for_each_scenario_and_plots(t *testing.T) {
	t.Parallel()
	good, _ := lived(t, 20*time.Second)
	good.Scenario, good.Fault, good.Expected, good.Load, good.Recovered = "database-down", "it is down", "stored later", "10 a second", 1500*time.Millisecond
	good.Statuses = map[int]int{202: 390, 0: 2}
	good.Result = checker.Result{Accepted: 390, Stored: 380, DeadLettered: 10}
	good.Alarms = []Alarmed{{Name: "dlq", Before: true}, {Name: "retried", After: 3 * time.Minute, IfItLasted: true}}
	bad := *good
	bad.Result = checker.Result{Accepted: 390, Stored: 379, DeadLettered: 10, Findings: []checker.Finding{{Kind: checker.Lost, ID: "a"}}}
	bad.Failure = "1 lost: a"
	short := *good
	short.Scenario, short.Mended, short.Alarms = "short", short.Broken, []Alarmed{}
	none := *good
	none.Scenario, none.Alarms = "none", nil
	report := Report{Name: "chaos", Unseen: []string{"cpu", "age"}, Machine: "abacus", Commit: "abc1234", Day: "2026-11-30", Stage: "prod", Records: []Record{*good, short, none, bad}}
	if got := report.Failed(); len(got) != 1 || got[0] != "database-down" {
		t.Errorf("failed %q", got)
	}
	folder := filepath.Join(t.TempDir(), "proof")
	if err := report.Write(folder); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "chaos.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"abacus, commit abc1234, 2026-11-30. 3 scenarios, each up to 2 times",
		"In all 1560 payloads were accepted: 1519 are stored, 40 are in the DLQ, and 1 findings are left.",
		"| [database-down](#database-down) | 390 | 380, 379 | 10 | 0, 1 lost | 1.5s | dlq before the fault already, retried after 3m0s if it lasted |\n",
		"| [short](#short) | 390 | 380 | 10 | 0 | 1.5s | none, not evaluated as if it lasted: it was over at once |\n",
		"| [none](#none) | 390 | 380 | 10 | 0 | 1.5s | not evaluated |\n",
		"a metric that they read does not exist here: cpu, age.\n",
		"![Accepted, stored and waiting, the fault shaded](chaos-1.png)",
		"## database-down\n\nFault, for 20s: it is down. Expected: stored later. Load: 10 a second.\n",
		"- run 2: answers 2 × none, 390 × 202; 0 stored although their clients got no answer; 0 announcements and letters came more than once; **failed**: 1 lost: a\n",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report lacks\n%s\nin\n%s", want, text)
		}
	}
	picture, err := os.Open(filepath.Join(folder, "chaos-1.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = picture.Close() }()
	if _, err := png.Decode(picture); err != nil {
		t.Error(err)
	}
	var read Report
	whole, err := os.ReadFile(filepath.Join(folder, "chaos.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(whole, &read); err != nil || len(read.Records) != 4 || len(read.Records[0].Samples) != 10 {
		t.Errorf("read back: %d records, %v", len(read.Records), err)
	}
}

func TestScenarios_have_names_of_their_own_and_say_what_they_do(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	short := 0
	for _, s := range Scenarios() {
		if seen[s.Name] || s.Name == "" || s.Fault == "" || s.Expected == "" {
			t.Errorf("%+v", s)
		}
		if s.Break == nil {
			t.Errorf("%s breaks nothing", s.Name)
		}
		if s.Short {
			short++
		}
		seen[s.Name] = true
	}
	if short < 4 {
		t.Errorf("the short form has %d scenarios", short)
	}
}
