package chaos

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fluxa/fluxa/cdk/drill"
	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/cdk/template"
)

const (
	// usual is how long the load before the fault is repeated, so that the alarms which
	// look back furthest have something to see; on is for how long the fault is repeated
	// then, to see what would fire had it lasted.
	usual = 15 * time.Minute
	on    = 30 * time.Minute

	// mustFire is how long a fault may stop events before an alarm has to tell somebody.
	mustFire = 5 * time.Minute
)

// Alarms are those of one stage, as deployed. They may be used concurrently.
type Alarms struct {
	stage stage.Stage

	mu     sync.Mutex // over the expressions, which are parsed when they are first evaluated
	alarms drill.Alarms
	unseen []string
}

// Unseen returns the names of the alarms that cannot be evaluated here, since they read a
// metric that is not written here.
func (a *Alarms) Unseen() []string { return a.unseen }

// Alarmed is an alarm that told somebody.
type Alarmed struct {
	Name  string        `json:"name"`
	After time.Duration `json:"after"` // the fault began
	// IfItLasted says that it was seen only with the fault going on for half an hour.
	IfItLasted bool `json:"if_it_lasted"`
	// Before says that it had fired before the fault, such as for latency on a busy machine.
	Before bool `json:"before"`
}

// ReadAlarms reads the alarms of a stage out of templates, as they were reviewed.
func ReadAlarms(name, folder string) (*Alarms, error) {
	settings, err := stage.All()
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(settings, func(s stage.Stage) bool { return s.Name == name })
	if at < 0 {
		return nil, fmt.Errorf("read the alarms: there is no stage %q", name)
	}
	files, err := filepath.Glob(filepath.Join(folder, name+"-*.template.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("read the alarms of %s: %s has no templates of it (run it from the top of the repository): %w", name, folder, cmp.Or(err, os.ErrNotExist))
	}
	var stacks []*template.Stack
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the alarms of %s: %w", name, err)
		}
		s := &template.Stack{Name: strings.TrimSuffix(filepath.Base(file), ".template.json")}
		if err := s.Decode(raw); err != nil {
			return nil, fmt.Errorf("read the alarms of %s: %s: %w", name, file, err)
		}
		stacks = append(stacks, s)
	}
	whole, err := template.NewStage(name, stacks...)
	if err != nil {
		return nil, fmt.Errorf("read the alarms of %s: %w", name, err)
	}
	alarms, err := drill.AlarmsOf(whole)
	return newAlarms(settings[at], alarms), err
}

// newAlarms keeps the alarms quiet that cannot be evaluated, since composite ones name them.
func newAlarms(s stage.Stage, alarms drill.Alarms) *Alarms {
	out := &Alarms{stage: s, alarms: alarms}
	for i, a := range alarms.Metric {
		if slices.ContainsFunc(a.Queries, func(q cloudwatch.Query) bool { return q.Expression == "" && !exists(q.Metric) }) {
			alarms.Metric[i].ComparisonOperator, alarms.Metric[i].Threshold = "GreaterThanThreshold", math.Inf(1)
			alarms.Metric[i].TreatMissingData = "notBreaching"
			out.unseen = append(out.unseen, a.Name)
		}
	}
	return out
}

// evaluate says which alarms would have fired on the metrics of a run: as it was, and had
// the fault lasted.
func (a *Alarms) evaluate(r *Record, logs []string) ([]Alarmed, error) {
	metrics, err := a.read(r, logs)
	if err != nil {
		return nil, err
	}
	begun, broken, mended := r.Begun, r.Begun.Add(r.Broken), r.Begun.Add(r.Mended)
	well := mended.Add(r.Recovered)
	asItWas, err := a.fire(
		replay{metrics, begun, broken, usual}, replay{metrics, broken, well, well.Sub(broken)}, replay{metrics, well, well.Add(afterward), mustFire})
	if err != nil {
		return nil, err
	}
	if r.overAtOnce() {
		return asItWas, nil
	}
	lasted, err := a.fire(replay{metrics, begun, broken, usual}, replay{metrics, broken, mended, on})
	if err != nil {
		return nil, err
	}
	for _, found := range lasted {
		if !slices.ContainsFunc(asItWas, func(f Alarmed) bool { return f.Name == found.Name }) {
			found.IfItLasted = true
			asItWas = append(asItWas, found)
		}
	}
	return asItWas, nil
}

// fire plays parts of a run one after the other, and evaluates the alarms minute by
// minute. The first part is the time before the fault.
func (a *Alarms) fire(parts ...replay) ([]Alarmed, error) {
	store := cloudwatch.NewStore()
	start := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) // a whole minute
	at := start
	for _, part := range parts {
		if err := part.put(store, at); err != nil {
			return nil, err
		}
		at = at.Add(part.length)
	}
	broken := start.Add(parts[0].length)
	a.mu.Lock()
	defer a.mu.Unlock()
	watch := drill.NewWatch(a.alarms)
	out := []Alarmed{}
	for now := start.Add(time.Minute); !now.After(at.Add(cloudwatch.Lag + time.Minute)); now = now.Add(time.Minute) {
		changes, err := watch.Evaluate(store, now)
		if err != nil {
			return nil, fmt.Errorf("evaluate the alarms: %w", err)
		}
		for _, c := range changes {
			known := slices.ContainsFunc(out, func(f Alarmed) bool { return f.Name == c.Alarm })
			if c.Tells && c.State == cloudwatch.InAlarm && !known {
				out = append(out, Alarmed{Name: c.Alarm, After: now.Sub(broken), Before: !now.After(broken)})
			}
		}
	}
	return out, nil
}

// overAtOnce reports whether the fault was too short to be repeated as if it had lasted.
func (r *Record) overAtOnce() bool { return r.Mended-r.Broken < time.Second }

// stopped reports whether no event was stored in the second half of the fault, although
// some were accepted.
func (r *Record) stopped() bool {
	half := r.Begun.Add((r.Broken + r.Mended) / 2)
	first, last, accepted := -1, -1, 0
	for _, s := range r.Samples {
		if s.At.Before(half) || !s.At.Before(r.Begun.Add(r.Mended)) {
			continue
		}
		if s.Stored >= 0 {
			last = s.Stored
			if first < 0 {
				first = s.Stored
			}
		}
		accepted = s.Accepted
	}
	return first == last && accepted > last
}

// silent returns an error when the fault stopped events for five minutes, and no alarm
// told anybody.
func (r *Record) silent() error {
	if r.Mended-r.Broken < mustFire || !r.stopped() {
		return nil
	}
	for _, a := range r.Alarms {
		if !a.Before && !a.IfItLasted {
			return nil
		}
	}
	return fmt.Errorf("events stopped for %s, and no alarm fired", (r.Mended - r.Broken).Round(time.Second))
}
