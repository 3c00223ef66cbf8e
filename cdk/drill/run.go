package drill

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/cdk/drill/simulated"
	"github.com/fluxa/fluxa/cdk/stage"
)

// Fired is one change of an alarm's state. After is counted from when it broke.
type Fired struct {
	Alarm       string
	State       cloudwatch.State
	After       time.Duration
	Tells       bool
	Description string
}

// Outcome is what the alarms of a stage did on a simulated day.
type Outcome struct {
	Stage    string
	Scenario Scenario
	Changes  []Fired
}

// First returns the first alarm that told somebody after it broke.
func (o Outcome) First() (Fired, bool) {
	for _, f := range o.Changes {
		if f.State == cloudwatch.InAlarm && f.Tells && f.After >= 0 {
			return f, true
		}
	}
	return Fired{}, false
}

// Check returns an error when nothing fired in time, or something fired that should not.
func (o Outcome) Check() error {
	first, fired := o.First()
	broken, within := o.Scenario.Break != nil, cmp.Or(o.Scenario.Within, Within)
	switch {
	case !broken && fired:
		return fmt.Errorf("%s, %s: %s fires at %s, although nothing is broken", o.Stage, o.Scenario.Name, first.Alarm, first.After)
	case broken && !fired:
		return fmt.Errorf("%s, %s: no alarm fires in %s", o.Stage, o.Scenario.Name, o.Scenario.After)
	case broken && first.After > within:
		return fmt.Errorf("%s, %s: %s fires first, after %s; the limit is %s", o.Stage, o.Scenario.Name, first.Alarm, first.After, within)
	}
	for _, f := range o.Changes {
		if f.State == cloudwatch.InAlarm && f.Tells && f.After < 0 {
			return fmt.Errorf("%s, %s: %s fires %s before anything breaks", o.Stage, o.Scenario.Name, f.Alarm, -f.After)
		}
	}
	return nil
}

// Run simulates a scenario. The phase is how long after a whole minute it breaks: at one
// event a minute, the first bad event may be most of a minute away.
func Run(s stage.Stage, alarms Alarms, scenario Scenario, phase time.Duration) (Outcome, error) {
	out := Outcome{Stage: s.Name, Scenario: scenario}
	monday := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	w, err := simulated.New(s, monday.Add(-warmUp(s)))
	if err != nil {
		return out, err
	}
	w.Traffic(scenario.Traffic, 0)
	breaks := monday.Add(scenario.Before)
	if scenario.Break != nil {
		breaks = breaks.Add(phase)
		w.At(breaks, func() { scenario.Break(w, s) })
	}
	if scenario.Plan != nil {
		scenario.Plan(w, monday)
	}
	watch := NewWatch(alarms)
	if err := w.Run(monday, func(time.Time) error { return nil }); err != nil {
		return out, err
	}
	err = w.Run(breaks.Add(scenario.After), func(now time.Time) error {
		changed, err := watch.Evaluate(w.Metrics, now)
		for _, f := range changed {
			f.After = now.Sub(breaks)
			out.Changes = append(out.Changes, f)
		}
		return err
	})
	return out, err
}

// CheckMetrics returns an error for each metric of an alarm that a stage never writes,
// not on a day with traffic, poison, an outage and backups that fail either: under another name, or with
// another dimension, an alarm never fires.
func CheckMetrics(s stage.Stage, alarms Alarms) error {
	w, err := simulated.New(s, time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
	if err != nil {
		return err
	}
	w.Traffic(2, 1)
	w.At(w.Now().Add(10*time.Minute), func() { w.Faults.Database = true })
	for _, f := range []simulated.Faults{{}, {Snapshots: true}, {Copies: true}} {
		w.Faults = f
		w.CopySnapshot()
	}
	w.Faults = simulated.Faults{}
	if err := w.Run(w.Now().Add(20*time.Minute), func(time.Time) error { return nil }); err != nil {
		return err
	}
	var errs []error
	for _, a := range alarms.Metric {
		for _, q := range a.Queries {
			if q.Expression == "" && !w.Metrics.Has(q.Metric) {
				errs = append(errs, fmt.Errorf("%s: %s reads %s, which nothing writes: check its name and dimensions", s.Name, a.Name, q.Metric))
			}
		}
	}
	return errors.Join(errs...)
}

// warmUp is how long a stage has run when a day begins, so that the alarms that look
// farthest back have something to see: those of what is done once a day, or once in six
// hours at the least.
func warmUp(s stage.Stage) time.Duration {
	if s.Events.ExportFormat() != "" || s.Database.BackupCopy.VaultARN != "" {
		return 48 * time.Hour
	}
	return 6 * time.Hour
}

// Watch has the state of every alarm. It is not safe for concurrent use.
type Watch struct {
	alarms Alarms
	states map[string]cloudwatch.State
}

// NewWatch returns the alarms, each of them OK.
func NewWatch(alarms Alarms) *Watch {
	w := &Watch{alarms: alarms, states: map[string]cloudwatch.State{}}
	for _, a := range alarms.Metric {
		w.states[a.Name] = cloudwatch.OK
	}
	for _, c := range alarms.Composite {
		w.states[c.Name] = cloudwatch.OK
	}
	return w
}

// Evaluate returns what changed by a time, without After. A metric alarm with a period of
// a minute or more is evaluated every minute: the caller does that.
func (w *Watch) Evaluate(metrics *cloudwatch.Store, now time.Time) ([]Fired, error) {
	var out []Fired
	change := func(name, description string, tells bool, state cloudwatch.State) {
		if w.states[name] != state {
			w.states[name] = state
			out = append(out, Fired{Alarm: name, State: state, Tells: tells, Description: description})
		}
	}
	for i := range w.alarms.Metric {
		a := &w.alarms.Metric[i]
		state, err := a.Evaluate(metrics, now, w.states[a.Name])
		if err != nil {
			return nil, err
		}
		change(a.Name, a.Description, a.Tells, state)
	}
	for _, c := range w.alarms.Composite {
		state, err := c.Evaluate(w.states)
		if err != nil {
			return nil, err
		}
		change(c.Name, c.Description, c.Tells, state)
	}
	return out, nil
}
