package endtoend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/fluxa/fluxa/bench"
	"github.com/fluxa/fluxa/bench/usage"
)

// What is measured in a turn.
const (
	acceptedRate = iota
	storedRate
	postP50
	postP99
	memoryMiB
	queueMiB
	cpuPerEvent
	queuePerEvent
	measureCount
)

// labels say what each measure is.
var labels = [measureCount]string{
	acceptedRate:  "accepted, events/s",
	storedRate:    "stored, events/s",
	postP50:       "a post, p50, ms",
	postP99:       "a post, p99, ms",
	memoryMiB:     "memory at its peak, MiB",
	queueMiB:      "– of which a process for SQS alone",
	cpuPerEvent:   "processor time of an event, ms",
	queuePerEvent: "– of which a process for SQS alone",
}

// Setting is how events are posted.
type Setting struct {
	Title   string
	Clients int // posts at once
	Batch   int // events in a post
}

// Settings are those that are compared.
func Settings() []Setting {
	const atOnce = 16
	return []Setting{{"Single posts", atOnce, 1}, {"Batches of 100", atOnce, 100}}
}

// Config says what to compare. Every field is required.
type Config struct {
	ServerURL  string
	Contenders []Contender // the first one is compared with each other one
	Settings   []Setting
	Runs       int
	Each       time.Duration // of posting, in each turn
	Progress   io.Writer     // gets a line for each turn
}

func (c Config) validate() error {
	switch {
	case c.ServerURL == "":
		return errors.New("compare: ServerURL is empty, want a PostgreSQL")
	case len(c.Contenders) == 0 || len(c.Settings) == 0:
		return fmt.Errorf("compare: there are %d contenders and %d settings, want at least one of each", len(c.Contenders), len(c.Settings))
	case c.Runs < 1:
		return fmt.Errorf("compare: Runs is %d, it must be at least 1", c.Runs)
	case c.Each <= 0:
		return fmt.Errorf("compare: Each is %s, it must be more than 0", c.Each)
	case c.Progress == nil:
		return errors.New("compare: Progress is nil, want a writer")
	}
	return nil
}

// Result is what a setting gave: a line for each measure.
type Result struct {
	Setting Setting
	Lines   []bench.Line
}

// Compare lets the contenders take turns, so many runs for each setting. Another one
// begins each run. It ends with the first post that is not accepted, and when anything but
// all accepted events is stored, once. It never fails because something takes long, as long
// as events are being stored.
func Compare(ctx context.Context, c Config) ([]Result, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	s := session{
		serverURL: c.ServerURL, database: "bench_endtoend", reader: usage.NewReader(),
		patience: patience, settling: settling, warm: warmLeast,
	}
	return s.compare(ctx, c)
}

func (s session) compare(ctx context.Context, c Config) ([]Result, error) {
	var out []Result
	for _, setting := range c.Settings {
		turns := make([][]values, len(c.Contenders))
		for run := range c.Runs {
			for i := range c.Contenders {
				i = (i + run) % len(c.Contenders)
				contender := c.Contenders[i]
				got, err := s.turn(ctx, contender, setting, c.Each)
				if err != nil {
					return nil, fmt.Errorf("%s, %s: %w", setting.Title, contender.Name(), err)
				}
				if _, err := fmt.Fprintf(c.Progress, "%s, run %d of %d, %s: %s events/s accepted, %s stored\n", setting.Title, run+1, c.Runs,
					contender.Name(), bench.Rounded(got[acceptedRate]), bench.Rounded(got[storedRate])); err != nil {
					return nil, fmt.Errorf("write the progress: %w", err)
				}
				turns[i] = append(turns[i], got)
			}
		}
		out = append(out, Result{setting, linesOf(c.Contenders, turns)})
	}
	return out, nil
}

// rows turns what each contender's turns gave into a line for each measure.
func linesOf(contenders []Contender, turns [][]values) []bench.Line {
	out := make([]bench.Line, measureCount)
	for m := range out {
		out[m] = bench.Line{Labels: []string{labels[m]}, Text: bench.Rounded}
		for i, c := range contenders {
			rates := bench.Rates{Contender: c.Name()}
			for _, v := range turns[i] {
				rates.Each = append(rates.Each, v[m])
			}
			out[m].Rates = append(out[m].Rates, rates)
		}
	}
	return out
}
