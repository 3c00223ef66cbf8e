package bench

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Machine says on what was measured.
type Machine struct {
	Processor  string
	Cores      int
	PostgreSQL string
	Go         string
	Commit     string
	Day        time.Time
}

// ThisMachine describes the machine that runs the benchmark.
func ThisMachine(postgres, commit string) Machine {
	return Machine{model(), runtime.NumCPU(), postgres, runtime.Version(), commit, time.Now().UTC()}
}

func model() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer func() { _ = file.Close() }() // it was read only
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if key, value, found := strings.Cut(lines.Text(), ":"); found && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func (m Machine) String() string {
	return fmt.Sprintf("%s, %d cores (%s/%s), PostgreSQL %s, %s, commit %s, %s",
		m.Processor, m.Cores, runtime.GOOS, runtime.GOARCH, m.PostgreSQL, m.Go, m.Commit, m.Day.Format(time.DateOnly))
}

// Line is a line of a table: what was measured, and what each contender gave. The first
// one is compared with each other one.
type Line struct {
	Labels []string
	Rates  []Rates
	Text   func(float64) string // how a value is written
}

// WriteTable writes the results as a table of Markdown. The first contender is compared
// with each other one.
func WriteTable(w io.Writer, results []Result) error {
	var all []Line
	for _, r := range results {
		labels := []string{strconv.Itoa(r.Setting.Lanes), strconv.Itoa(r.Setting.Batch)}
		all = append(all, Line{labels, r.Rates, rounded})
	}
	return WriteLines(w, []string{"connections", "batch"}, ", events/s", all)
}

// WriteLines writes lines of the same contenders as a table of Markdown: below the heads
// their labels, then for each contender the median with the lowest and the highest, then
// the ratios. The unit is appended to the contenders' names. What a contender has no value
// of (NaN) is a dash.
func WriteLines(w io.Writer, heads []string, unit string, all []Line) error {
	if len(all) == 0 {
		return nil
	}
	head := slices.Clone(heads)
	names := all[0].Rates
	for _, r := range names {
		head = append(head, r.Contender+unit)
	}
	for _, r := range names[1:] {
		head = append(head, names[0].Contender+" ÷ "+r.Contender)
	}
	var rows [][]string
	for _, line := range all {
		row := slices.Clone(line.Labels)
		for _, r := range line.Rates {
			row = append(row, r.Spread(line.Text))
		}
		for to := range line.Rates[1:] {
			row = append(row, written(line.Rates[0].Over(line.Rates[to+1]), func(v float64) string { return fmt.Sprintf("%.2f", v) }))
		}
		rows = append(rows, row)
	}
	return WriteRows(w, head, rows)
}

// WriteRows writes a table of Markdown.
func WriteRows(w io.Writer, head []string, rows [][]string) error {
	var table strings.Builder
	fmt.Fprintf(&table, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, row := range rows {
		fmt.Fprintf(&table, "| %s |\n", strings.Join(row, " | "))
	}
	_, err := io.WriteString(w, table.String())
	return err
}

// Spread writes the median with the lowest and the highest.
func (r Rates) Spread(text func(float64) string) string {
	if math.IsNaN(r.Median()) {
		return none
	}
	return fmt.Sprintf("%s (%s–%s)", text(r.Median()), text(r.Low()), text(r.High()))
}

// none stands for a value that there is not.
const none = "–"

func written(value float64, text func(float64) string) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return none
	}
	return text(value)
}

// Rounded writes a value with three digits that count, and the thousands apart; one below
// 100 with as many decimals as that takes.
func Rounded(value float64) string {
	if value >= 99.95 || value <= 0 {
		return rounded(value)
	}
	decimals := 1
	for limit := 9.995; value < limit && decimals < 6; limit /= 10 {
		decimals++
	}
	return strconv.FormatFloat(value, 'f', decimals, 64)
}

// rounded has three digits that count, and the thousands apart.
func rounded(rate float64) string {
	unit := 1.0
	for rate/unit >= 1000 {
		unit *= 10
	}
	text := fmt.Sprintf("%.0f", float64(int(rate/unit+0.5))*unit)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
