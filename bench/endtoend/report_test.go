package endtoend

import (
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/bench"
)

func TestReport_is_a_table_for_each_setting_and_a_plot(t *testing.T) {
	t.Parallel()
	turns := [][]values{
		{{500, 450, 20, 61.25, 300, math.NaN(), 1.5, math.NaN()}, {520, 470, 19, 60, 310, math.NaN(), 1.4, math.NaN()}},
		{{250, 225, 40, 90, 150, 21, 0.75, 0.25}, {260, 235, 38, 91, 155, 20, 0.7, 0.2}},
	}
	contenders := []Contender{NewFluxa("Fluxa", ""), NewBento("Bento", "", "")}
	var results []Result
	for _, setting := range Settings() {
		results = append(results, Result{setting, linesOf(contenders, turns)})
	}
	folder := t.TempDir()
	report := Report{
		Machine:    bench.Machine{Processor: "Abacus", Cores: 2, PostgreSQL: "15.18", Go: "go1.26.8", Commit: "abc1234", Day: time.Unix(0, 0).UTC()},
		Contenders: []string{"Before is old", "Bento is v1.19.0"}, Runs: 2, Each: 20 * time.Second, Results: results,
	}
	if err := report.Write(folder); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "stack.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Written by `make bench-full`. Abacus, 2 cores", "PostgreSQL 15.18, go1.26.8, commit abc1234, 1970-01-01. Before is old. Bento is v1.19.0. Each",
		"in each of 2 runs, and is posted to for 20s in each", "PostgreSQL", `
## Single posts, 16 clients

|  | Fluxa | Bento | Fluxa ÷ Bento |
|---|---|---|---|
| accepted, events/s | 510 (500–520) | 255 (250–260) | 2.00 |
| stored, events/s | 460 (450–470) | 230 (225–235) | 2.00 |
| a post, p50, ms | 19.5 (19.0–20.0) | 39.0 (38.0–40.0) | 0.50 |
| a post, p99, ms | 60.6 (60.0–61.2) | 90.5 (90.0–91.0) | 0.67 |
| memory at its peak, MiB | 305 (300–310) | 153 (150–155) | 2.00 |
| – of which a process for SQS alone | – | 20.5 (20.0–21.0) | – |
| processor time of an event, ms | 1.45 (1.40–1.50) | 0.725 (0.700–0.750) | 2.00 |
| – of which a process for SQS alone | – | 0.225 (0.200–0.250) | – |

## Batches of 100, 16 clients
`, "](stack.png)\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report lacks\n%s\nin\n%s", want, text)
		}
	}
	picture, err := os.Open(filepath.Join(folder, "stack.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = picture.Close() }()
	if _, err := png.Decode(picture); err != nil {
		t.Error(err)
	}
	if err := report.Write(filepath.Join(folder, "missing")); err == nil {
		t.Error("written into a folder that is not there")
	}
}
