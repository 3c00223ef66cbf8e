package preview

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fluxa/fluxa/cdk/drill"
	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/cdk/drill/simulated"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/cdk/template"
)

// Command draws the dashboard of a stage, and returns the exit status: 2 for flags that it
// does not understand.
func Command(args []string, errs io.Writer) int {
	flags := flag.NewFlagSet("preview", flag.ContinueOnError)
	flags.SetOutput(errs)
	in := flags.String("in", "cdk.out", "cloud assembly that cdk synth wrote")
	name := flags.String("stage", "prod", "stage whose dashboard is drawn")
	logs := flags.String("logs", "", "folder of the logs of a local stack, such as .fluxa/logs, whose metrics are drawn; default: those of a simulated afternoon")
	out := flags.String("out", "docs/pictures/dashboard.svg", "file for the picture")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if err := command(*in, *name, *logs, *out); err != nil {
		fmt.Fprintln(errs, "preview:", err)
		return 1
	}
	return 0
}

func command(in, name, logs, out string) error {
	assembly, err := template.Read(in)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(assembly, func(s *template.Stage) bool { return s.Name == name })
	if at < 0 {
		return fmt.Errorf("the cloud assembly has no stage %s", name)
	}
	widgets, err := Read(assembly[at])
	if err != nil {
		return err
	}
	var run Run
	if logs == "" {
		run, err = Afternoon(assembly[at])
	} else {
		run, err = Logged(logs, name)
	}
	if err != nil {
		return err
	}
	var picture bytes.Buffer
	if err := Draw(&picture, widgets, run); err != nil {
		return err
	}
	return os.WriteFile(out, picture.Bytes(), 0o644)
}

// Afternoon simulates two hours of a stage that takes 60 events a minute, in which for five
// minutes some of them are no events, and the database is away for a quarter of an hour. What
// the simulation does not write, such as the latency of ingest, has no data.
func Afternoon(s *template.Stage) (Run, error) {
	all, err := stage.All()
	if err != nil {
		return Run{}, err
	}
	at := slices.IndexFunc(all, func(settings stage.Stage) bool { return settings.Name == s.Name })
	if at < 0 {
		return Run{}, fmt.Errorf("there are no settings of the stage %s", s.Name)
	}
	alarms, err := drill.AlarmsOf(s)
	if err != nil {
		return Run{}, err
	}
	from := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	until := from.Add(2 * time.Hour)
	w, err := simulated.New(all[at], from.Add(-10*time.Minute))
	if err != nil {
		return Run{}, err
	}
	w.Traffic(60, 0)
	w.At(from.Add(20*time.Minute), func() { w.Traffic(60, 5) })
	w.At(from.Add(25*time.Minute), func() { w.Traffic(60, 0) })
	w.At(from.Add(60*time.Minute), func() { w.Faults.Database = true })
	w.At(from.Add(75*time.Minute), func() { w.Faults.Database = false })
	watch, began, alarmed := drill.NewWatch(alarms), map[string]time.Time{}, map[string]time.Duration{}
	err = w.Run(until, func(now time.Time) error {
		changed, err := watch.Evaluate(w.Metrics, now)
		for _, f := range changed {
			if f.State == cloudwatch.InAlarm {
				began[f.Alarm] = now
			} else if since, was := began[f.Alarm]; was {
				delete(began, f.Alarm)
				alarmed[f.Alarm] += max(now.Sub(latest(since, from)), 0)
			}
		}
		return err
	})
	for alarm, since := range began {
		alarmed[alarm] += until.Sub(latest(since, from))
	}
	return Run{w.Metrics, from, until, alarmed, true}, err
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// lineLimit bounds a line of a log.
const lineLimit = 1 << 20

// Logged reads the metrics that the functions of a local stack wrote, as if they were those
// of a stage. What AWS itself measures is not there.
func Logged(folder, stageName string) (Run, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.log"))
	if err != nil {
		return Run{}, err
	}
	store := cloudwatch.NewStore()
	local, named := []byte(`"Environment":"local"`), []byte(fmt.Sprintf(`"Environment":%q`, stageName))
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return Run{}, err
		}
		lines := bufio.NewScanner(bytes.NewReader(raw))
		lines.Buffer(nil, lineLimit)
		for lines.Scan() {
			if err := store.PutLine(bytes.Replace(lines.Bytes(), local, named, 1)); err != nil {
				return Run{}, fmt.Errorf("%s: %w", file, err)
			}
		}
		if err := lines.Err(); err != nil {
			return Run{}, fmt.Errorf("%s: %w", file, err)
		}
	}
	from, until, ok := store.Span()
	if !ok {
		return Run{}, fmt.Errorf("%s has no logs with metrics: run `make up` and `dist/bin/fluxa load` first", folder)
	}
	return Run{Metrics: store, From: from, Until: until}, nil
}
