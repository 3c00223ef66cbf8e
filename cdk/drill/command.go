package drill

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/cdk/template"
)

// Command prints, for every stage and scenario, what fires when. It returns the exit
// status: 1 when an alarm is late, or fires on a day on which nothing is broken, 2 for
// flags that it does not understand.
func Command(args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("drill", flag.ContinueOnError)
	flags.SetOutput(errs)
	in := flags.String("in", "cdk.out", "cloud assembly that cdk synth wrote, of every stage")
	only := flags.String("scenario", "", "one scenario; default all: "+strings.Join(names(), ", "))
	phase := flags.Duration("phase", 20*time.Second, "how long after a whole minute it breaks")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if err := command(*in, *only, *phase, flags.Args(), out); err != nil {
		fmt.Fprintln(errs, "drill:", err)
		return 1
	}
	return 0
}

func names() []string {
	var out []string
	for _, s := range Scenarios() {
		out = append(out, s.Name)
	}
	return out
}

func command(in, only string, phase time.Duration, words []string, out io.Writer) error {
	if len(words) > 0 {
		return fmt.Errorf("accepts flags only, got %q; see -help", words)
	}
	if only != "" && !slices.Contains(names(), only) {
		return fmt.Errorf("there is no scenario %q, choose one of %s", only, strings.Join(names(), ", "))
	}
	settings, err := stage.All()
	if err != nil {
		return err
	}
	assembly, err := template.Read(in)
	if err != nil {
		return err
	}
	var failed []error
	ran := false
	for _, s := range settings {
		at := slices.IndexFunc(assembly, func(t *template.Stage) bool { return t.Name == s.Name })
		if at < 0 {
			return fmt.Errorf("the cloud assembly has no stage %s: synthesize every stage", s.Name)
		}
		alarms, err := AlarmsOf(assembly[at])
		if err != nil {
			return err
		}
		failed = append(failed, CheckMetrics(s, alarms))
		for _, scenario := range Of(s) {
			if only != "" && scenario.Name != only {
				continue
			}
			ran = true
			outcome, err := Run(s, alarms, scenario, phase)
			if err != nil {
				return err
			}
			if err := outcome.Print(out); err != nil {
				return err
			}
			failed = append(failed, outcome.Check())
		}
	}
	if !ran {
		failed = append(failed, fmt.Errorf("no stage does what breaks in the scenario %q", only))
	}
	return errors.Join(failed...)
}

// Print writes what happened, one line a change, and the time since it broke.
func (o Outcome) Print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s, %s: %s\n", o.Stage, o.Scenario.Name, o.Scenario.About)
	for _, f := range o.Changes {
		told := ""
		if !f.Tells {
			told = " (tells nobody)"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s%s\n", after(f.After), word(f.State), f.Alarm, told)
	}
	if len(o.Changes) == 0 {
		fmt.Fprintf(table, "  nothing fires in %s\n", after(o.Scenario.After))
	}
	return table.Flush()
}

func word(s cloudwatch.State) string {
	return cmp.Or(map[cloudwatch.State]string{cloudwatch.InAlarm: "ALARM", cloudwatch.OK: "ok"}[s], "no data")
}

// after writes a time down in minutes and seconds.
func after(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	if d >= time.Hour {
		return fmt.Sprintf("%s%dh%02dm%02ds", sign, int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	}
	return fmt.Sprintf("%s%dm%02ds", sign, int(d.Minutes()), int(d.Seconds())%60)
}
