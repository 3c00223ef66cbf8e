package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/proof/checker"
	"github.com/fluxa/fluxa/proof/rig"
)

// thinned is of how many samples the JSON keeps one.
const thinned = 4

// Report is what all runs found.
type Report struct {
	// Name begins the names of its files.
	Name    string `json:"-"`
	Machine string `json:"machine"`
	Commit  string `json:"commit"`
	Day     string `json:"day"`
	Stage   string `json:"stage"` // whose alarms were evaluated
	// Unseen are its alarms that could not be.
	Unseen  []string `json:"alarms_unseen"`
	Records []Record `json:"records"`
}

// Failed returns the names of the scenarios that failed, each once.
func (r Report) Failed() []string {
	var out []string
	for _, record := range r.Records {
		if record.Failure != "" && !slices.Contains(out, record.Scenario) {
			out = append(out, record.Scenario)
		}
	}
	return out
}

// Write writes it as Markdown, as JSON and as plots into a folder.
func (r Report) Write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make the folder of the report: %w", err)
	}
	plots, err := plotAll(folder, r.Name, r.latest())
	if err != nil {
		return err
	}
	whole := r
	whole.Records = slices.Clone(r.Records)
	for i := range whole.Records {
		whole.Records[i].Samples = thin(whole.Records[i].Samples)
	}
	text, err := json.MarshalIndent(whole, "", " ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	for name, content := range map[string][]byte{r.Name + ".json": append(text, '\n'), r.Name + ".md": r.markdown(plots)} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	return nil
}

func thin(samples []rig.Sample) []rig.Sample {
	var out []rig.Sample
	for i := 0; i < len(samples); i += thinned {
		out = append(out, samples[i])
	}
	return out
}

// byScenario returns the records of each scenario, in the order of their first run.
func (r Report) byScenario() [][]Record {
	var out [][]Record
	for _, record := range r.Records {
		at := slices.IndexFunc(out, func(of []Record) bool { return of[0].Scenario == record.Scenario })
		if at < 0 {
			out = append(out, []Record{record})
			continue
		}
		out[at] = append(out[at], record)
	}
	return out
}

// latest returns the last record of each scenario.
func (r Report) latest() []Record {
	var out []Record
	for _, of := range r.byScenario() {
		out = append(out, of[len(of)-1])
	}
	return out
}

// total is the sum of all runs.
func (r Report) total() checker.Result {
	var total checker.Result
	for _, record := range r.Records {
		total.Accepted += record.Result.Accepted
		total.Stored += record.Result.Stored
		total.DeadLettered += record.Result.DeadLettered
		total.Findings = append(total.Findings, record.Result.Findings...)
	}
	return total
}

func (r Report) markdown(plots []string) []byte {
	var out bytes.Buffer
	scenarios := r.byScenario()
	total, runs := r.total(), 0
	for _, of := range scenarios {
		runs = max(runs, len(of))
	}
	fmt.Fprintf(&out, `# Under fault

Written by %s. %s, commit %s, %s. %d scenarios, %s, on the local stack with the real functions and a real PostgreSQL. Alarms are those of the stage %s.

In all %d payloads were accepted: %d are stored, %d are in the DLQ, and %d findings are left.

`, "`make "+r.Name+"`", r.Machine, r.Commit, r.Day, len(scenarios), often(runs), r.Stage, total.Accepted, total.Stored, total.DeadLettered, len(total.Findings))
	fmt.Fprintf(&out, legend, strings.Join(r.Unseen, ", "))
	out.WriteString("| scenario | accepted | stored | in the DLQ | findings | recovered after | alarms |\n|---|---|---|---|---|---|---|\n")
	for _, of := range scenarios {
		fmt.Fprintf(&out, "| [%s](#%s) | %s | %s | %s | %s | %s | %s |\n", of[0].Scenario, of[0].Scenario,
			ofRuns(of, func(r Record) string { return fmt.Sprint(r.Result.Accepted) }), ofRuns(of, func(r Record) string { return fmt.Sprint(r.Result.Stored) }),
			ofRuns(of, func(r Record) string { return fmt.Sprint(r.Result.DeadLettered) }), ofRuns(of, findings),
			ofRuns(of, recovered), alarmed(of[len(of)-1]))
	}
	out.WriteString("\n")
	for _, plot := range plots {
		fmt.Fprintf(&out, "![Accepted, stored and waiting, the fault shaded](%s)\n\n", plot)
	}
	for _, of := range scenarios {
		last := of[len(of)-1]
		fmt.Fprintf(&out, "## %s\n\n", last.Scenario)
		fmt.Fprintf(&out, "Fault, for %s: %s. Expected: %s. Load: %s.\n\n", (last.Mended - last.Broken).Round(100*time.Millisecond), last.Fault, last.Expected, last.Load)
		for i, record := range of {
			fmt.Fprintf(&out, "- run %d: answers %s; %d stored although their clients got no answer; %d announcements and letters came more than once", i+1, statuses(record), record.Result.Unanswered, record.Result.Repeated)
			if record.Failure != "" {
				fmt.Fprintf(&out, "; **failed**: %s", record.Failure)
			}
			out.WriteString("\n")
		}
		out.WriteString("\n")
	}
	return out.Bytes()
}

// often says how often a scenario ran, at most.
func often(runs int) string {
	if runs == 1 {
		return "each once"
	}
	return fmt.Sprintf("each up to %d times", runs)
}

const legend = "The checker (`proof/checker`) compares, id by id, what clients were answered with the tables, the DLQ and the notifications: " +
	"accepted = stored + in the DLQ, no row twice, every stored event announced, nothing announced that is not stored, every dead letter by the right code, every payload byte for byte. " +
	"It counts payloads of distinct id and meaning; duplicates count once.\n\n" +
	"*Recovered after*: from the end of the fault until every event was stored and announced that had been accepted by then. " +
	"*Alarms*: which fire, and how long after the fault began, evaluated minute by minute as CloudWatch documents; *if it lasted* are those that fire had the fault gone on for half an hour. " +
	"Letters that the load sets off by its own poison and conflicts are not counted for the DLQ's alarms; those that the fault sets off are. " +
	"Not evaluated in any scenario, since a metric that they read does not exist here: %s.\n\n"

// ofRuns joins what the runs have, once if all have the same.
func ofRuns(of []Record, text func(Record) string) string {
	var all []string
	for _, r := range of {
		all = append(all, text(r))
	}
	if len(slices.Compact(slices.Clone(all))) == 1 {
		return all[0]
	}
	return strings.Join(all, ", ")
}

func findings(r Record) string {
	var parts []string
	counts := r.Result.Counts()
	for _, kind := range checker.Kinds() {
		if counts[kind] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[kind], kind))
		}
	}
	if len(parts) == 0 {
		return "0"
	}
	return strings.Join(parts, ", ")
}

func recovered(r Record) string { return r.Recovered.Round(100 * time.Millisecond).String() }

func alarmed(r Record) string {
	if r.Alarms == nil {
		return "not evaluated"
	}
	var parts []string
	for _, a := range r.Alarms {
		switch {
		case a.Before:
			parts = append(parts, a.Name+" before the fault already")
		case a.IfItLasted:
			parts = append(parts, fmt.Sprintf("%s after %s if it lasted", a.Name, a.After.Round(time.Second)))
		default:
			parts = append(parts, fmt.Sprintf("%s after %s", a.Name, a.After.Round(time.Second)))
		}
	}
	if len(parts) == 0 {
		parts = []string{"none"}
	}
	if r.overAtOnce() {
		parts = append(parts, "not evaluated as if it lasted: it was over at once")
	}
	return strings.Join(parts, ", ")
}

func statuses(r Record) string {
	var keys []int
	for status := range r.Statuses {
		keys = append(keys, status)
	}
	slices.Sort(keys)
	var parts []string
	for _, status := range keys {
		name := fmt.Sprint(status)
		if status == 0 {
			name = "none"
		}
		parts = append(parts, fmt.Sprintf("%d × %s", r.Statuses[status], name))
	}
	return strings.Join(parts, ", ")
}

// String says in a line what became of a scenario.
func (r Record) String() string {
	end := "ok"
	if r.Failure != "" {
		end = "FAILED: " + r.Failure
	}
	return fmt.Sprintf("%s: %d accepted = %d stored + %d in the DLQ; recovered after %s; alarms: %s; took %s: %s", r.Scenario,
		r.Result.Accepted, r.Result.Stored, r.Result.DeadLettered, recovered(r), alarmed(r), r.Took.Round(time.Second), end)
}
