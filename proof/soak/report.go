package soak

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Report is a record, with where and when it was made.
type Report struct {
	Machine string `json:"machine"`
	Commit  string `json:"commit"`
	Day     string `json:"day"`
	Record
}

// explained says why files grow, by the begin of their names.
var explained = [...][2]string{
	{"stack/logs", "the functions' log lines and the API's; at 32 MiB a file is set aside, in place of the one that was before"},
	{"stack/stack.log", "the harness's own log, at the level of debugging"},
	{"stack/sqs.db", "the queues: pages are used again, the file never shrinks; dead letters stay for two weeks"},
	{"stack/s3", "payloads of more than 256 KiB; they stay"},
	{"postgres/data/base", "the rows of events and keys, and their indexes"},
	{"postgres/data/pg_wal", "the write-ahead log, up to max_wal_size; its files are used again"},
	{"postgres", "the server's own books"},
}

func explanation(name string) string {
	for _, e := range explained {
		if strings.HasPrefix(name, e[0]) {
			return e[1]
		}
	}
	return ""
}

// Write writes soak.md and soak.json into a folder.
func (r Report) Write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make the folder of the report: %w", err)
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	for name, content := range map[string][]byte{"soak.json": append(text, '\n'), "soak.md": r.markdown()} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	return nil
}

func (r Report) markdown() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, `# At a steady rate

Written by %s. %s, commit %s, %s. %g events a second for %s, on the local stack with the real functions and a real PostgreSQL, with duplicates, conflicts, poison and large payloads as under fault, and %d pages of the console open.

%d payloads accepted, %d stored, %d in the DLQ, %d findings of the checker. From acceptance to the row: %s for half of the events, %s for 99 in 100, %s at most. %d messages waited at most.

A slope is that of a least-squares fit to the means of %d blocks after the first third of the time, with its standard error. It counts as growth when it is above zero by %d errors and makes up %g %% of the mean.

| figure | mean | slope, an hour | grows |
|---|---|---|---|
`, "`make soak`", r.Machine, r.Commit, r.Day, r.Rate, r.For, r.Pages, r.Result.Accepted, r.Result.Stored, r.Result.DeadLettered, len(r.Result.Findings),
		r.EndToEnd[0].Round(time.Millisecond), r.EndToEnd[1].Round(time.Millisecond), r.EndToEnd[2].Round(time.Millisecond), r.Waiting,
		blocks, errorsAbove, 100*material)
	for _, t := range r.Trends {
		grows := "no"
		if t.Grows {
			grows = "**yes**"
		}
		fmt.Fprintf(&out, "| %s | %.1f %s | %+.2f ± %.2f | %s |\n", t.Name, t.Mean, t.Unit, t.PerHour, t.Error, grows)
	}
	out.WriteString("\n| files | at the begin, KiB | at the end, KiB | for an accepted event, B | why |\n|---|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		f := r.Files[name]
		const worth = 64 << 10
		if f.To-f.From < worth {
			continue
		}
		fmt.Fprintf(&out, "| %s | %d | %d | %.0f | %s |\n", name, f.From>>10, f.To>>10, float64(f.To-f.From)/float64(max(1, r.Result.Accepted)), explanation(name))
	}
	out.WriteString("\nWhat grew by less than 64 KiB is left out.\n")
	return out.Bytes()
}
