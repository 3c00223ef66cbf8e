package chaos

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/fluxa/fluxa/proof/checker"
	"github.com/fluxa/fluxa/proof/rig"
)

const (
	before    = 10 * time.Second // of load, before the fault
	afterward = 5 * time.Second  // of load, when all is well again
	named     = 5                // ids that an error names of each kind

	// recovery is how long events that were accepted before a fault was cleared may take
	// to be stored and announced afterwards, before the load ends.
	recovery = 4 * time.Minute
)

// Options are how scenarios are run.
type Options struct {
	BinDir string
	Rate   float64       // events a second
	For    time.Duration // how long faults last; zero: as each scenario says
	Alarms *Alarms       // nil: none are evaluated
}

// Record is what became of one scenario.
type Record struct {
	Scenario string `json:"scenario"`
	Fault    string `json:"fault"`
	Expected string `json:"expected"`
	Load     string `json:"load"`
	Seed     uint64 `json:"seed"`

	// Begun is when the load began; the times beside it count from then.
	Begun   time.Time     `json:"begun"`
	Broken  time.Duration `json:"broken_after"`
	Mended  time.Duration `json:"mended_after"`
	Took    time.Duration `json:"took"`
	Samples []rig.Sample  `json:"samples"`

	Result   checker.Result `json:"result"`
	Statuses map[int]int    `json:"statuses"` // answers to clients; 0: none
	// Recovered is how long after the fault was cleared every event was stored and
	// announced that had been accepted by then.
	Recovered time.Duration `json:"recovered_after"`
	// Alarms are those that told somebody; null: none were evaluated.
	Alarms  []Alarmed `json:"alarms"`
	Failure string    `json:"failure,omitempty"`

	// foreseen are the letters of the load's own poison and conflicts.
	foreseen letterCodes
}

// Run runs a scenario in a folder of its own. The error is of the harness; what is wrong
// with the product is the record's Failure.
func Run(ctx context.Context, s Scenario, o Options) (record Record, err error) {
	dir, err := os.MkdirTemp("", "fluxa-chaos-")
	if err != nil {
		return record, fmt.Errorf("make the folder of %s: %w", s.Name, err)
	}
	// PostgreSQL gets a user of its own when this one is root, who must reach its data.
	err = os.Chmod(dir, 0o755)
	defer func() {
		if err == nil && record.Failure == "" {
			err = os.RemoveAll(dir)
		}
	}()
	if err != nil {
		return record, fmt.Errorf("make the folder of %s: %w", s.Name, err)
	}
	if o.For > 0 && s.For > 0 {
		s.For = o.For
	}
	record = Record{Scenario: s.Name, Fault: s.Fault, Expected: s.Expected, Seed: rand.Uint64()}
	r, err := rig.Start(ctx, rig.Config{Dir: dir, BinDir: o.BinDir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return record, fmt.Errorf("start the product for %s: %w", s.Name, err)
	}
	wrong, err := record.run(ctx, s, o, r)
	if err == nil && o.Alarms != nil {
		record.Alarms, err = o.Alarms.evaluate(&record, r.Logs())
		wrong = errors.Join(wrong, record.silent())
	}
	if wrong != nil {
		record.Failure = wrong.Error() + " (left in " + filepath.Clean(dir) + ")"
	}
	return record, errors.Join(err, r.Stop(context.WithoutCancel(ctx)))
}

// run applies load, breaks, mends, waits and checks.
func (record *Record) run(ctx context.Context, s Scenario, o Options, r *rig.Rig) (wrong, err error) {
	mix, meanwhile := s.mixes()
	record.Load = fmt.Sprintf("%g a second: %s", o.Rate, mix)
	if meanwhile != mix {
		record.Load += "; during the fault " + meanwhile.String()
	}
	record.Begun = time.Now()
	load := rig.StartLoad(ctx, r.Stack.Info(), r.Queue, rig.LoadConfig{Rate: o.Rate, Mix: mix, Seed: record.Seed})
	watch := r.Watch(ctx, load)
	broken := record.disturb(ctx, s, r, load)
	late, err := record.recover(ctx, load, watch)
	sent, strange := load.Stop()
	record.Statuses, record.foreseen = load.Statuses(), lettersOf(sent, meanwhile.LargePrefix)
	if errors.Is(broken, errUnmet) {
		late, broken = errors.Join(broken, late), nil
	}
	wrong = errors.Join(late, strange)
	if err = errors.Join(broken, err); err == nil {
		wrong = errors.Join(wrong, r.Drain(ctx))
	}
	record.Samples = watch.Stop()
	record.Took = time.Since(record.Begun)
	if err != nil {
		return wrong, err
	}
	evidence, err := r.Evidence(ctx, sent)
	if err != nil {
		return wrong, err
	}
	record.Result = checker.Check(evidence)
	if s.Delays {
		wrong = errors.Join(wrong, record.noticed(r.Logs()))
	}
	if s.Refusing && record.Result.Unanswered > 0 {
		wrong = errors.Join(wrong, fmt.Errorf("%d events are stored whose clients were refused", record.Result.Unanswered))
	}
	return errors.Join(wrong, record.Result.Err(named)), nil
}

// mixes returns what is sent, and what is sent during the fault.
func (s Scenario) mixes() (mix, meanwhile rig.Mix) {
	mix = rig.UsualMix()
	if s.Mix != nil {
		s.Mix(&mix)
	}
	meanwhile = mix
	if s.Meanwhile != nil {
		s.Meanwhile(&meanwhile)
	}
	return mix, meanwhile
}

// disturb injects the fault in the midst of the load, and clears it.
func (record *Record) disturb(ctx context.Context, s Scenario, r *rig.Rig, load *rig.Load) error {
	mix, meanwhile := s.mixes()
	if err := pause(ctx, before); err != nil {
		return err
	}
	record.Broken = time.Since(record.Begun)
	mend, err := s.Break(ctx, r, s.For)
	if err != nil {
		err = fmt.Errorf("inject the fault of %s: %w", s.Name, err)
		if mend != nil {
			err = errors.Join(err, mend(context.WithoutCancel(ctx)))
		}
		return err
	}
	load.Change(meanwhile)
	if left := s.For - (time.Since(record.Begun) - record.Broken); left > 0 {
		if err := pause(ctx, left); err != nil {
			return errors.Join(err, mend(context.WithoutCancel(ctx)))
		}
	}
	load.Change(mix)
	err = mend(ctx)
	record.Mended = time.Since(record.Begun)
	if err != nil {
		return fmt.Errorf("clear the fault of %s: %w", s.Name, err)
	}
	return nil
}

// recover waits until everything is stored and announced that had been accepted when the
// fault was cleared, under load, and a little longer.
func (record *Record) recover(ctx context.Context, load *rig.Load, watch *rig.Sampler) (wrong, err error) {
	accepted, cleared := load.Accepted(), record.Begun.Add(record.Mended)
	waiting, cancel := context.WithTimeout(ctx, recovery)
	defer cancel()
	sample, err := watch.Until(waiting, func(s rig.Sample) bool { return s.At.After(cleared) && min(s.Stored, s.Announced) >= accepted })
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("events that had been accepted when the fault was cleared are not all stored and announced %s later", recovery), nil
	}
	if err != nil {
		return nil, err
	}
	record.Recovered = sample.At.Sub(cleared)
	return nil, pause(ctx, afterward)
}

// noticed returns an error when no message came back to the queue during the fault, as the
// logs have it: the one thing that is believed of what the product says of itself. It decides
// nothing but whether there was a fault.
func (record *Record) noticed(logs []string) error {
	from := record.Begun.Add(record.Broken)
	until := record.Begun.Add(record.Mended + time.Second)
	for _, path := range logs {
		delayed, err := delayedIn(path, from, until)
		if err != nil {
			return fmt.Errorf("look for what came back to the queue in %s: %w", filepath.Base(path), err)
		}
		if delayed {
			return nil
		}
	}
	return errors.New("the fault was none: no message came back to the queue during it")
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
