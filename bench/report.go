package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
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

// WriteTable writes the results as a table of Markdown. The first contender is compared
// with each other one.
func WriteTable(w io.Writer, results []Result) error {
	if len(results) == 0 {
		return nil
	}
	var head, line strings.Builder
	head.WriteString("| connections | batch |")
	line.WriteString("|---|---|")
	names := results[0].Rates
	for _, r := range names {
		head.WriteString(" " + r.Contender + ", events/s |")
		line.WriteString("---|")
	}
	for _, r := range names[1:] {
		fmt.Fprintf(&head, " %s ÷ %s |", names[0].Contender, r.Contender)
		line.WriteString("---|")
	}
	if _, err := fmt.Fprintf(w, "%s\n%s\n", head.String(), line.String()); err != nil {
		return err
	}
	for _, result := range results {
		var row strings.Builder
		fmt.Fprintf(&row, "| %d | %d |", result.Setting.Lanes, result.Setting.Batch)
		for _, r := range result.Rates {
			fmt.Fprintf(&row, " %s (%s–%s) |", rounded(r.Median()), rounded(r.Low()), rounded(r.High()))
		}
		for to := range result.Rates[1:] {
			fmt.Fprintf(&row, " %.2f |", result.Ratio(to+1))
		}
		if _, err := fmt.Fprintln(w, row.String()); err != nil {
			return err
		}
	}
	return nil
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
