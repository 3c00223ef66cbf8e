package telemetry

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

// EmitterConfig says what an Emitter measures. Namespace and Service are
// required.
type EmitterConfig struct {
	// Namespace is one of contract's; its metrics are those that contract.Metrics
	// lists for it.
	Namespace string
	Service   Service
	// Version is that of the function, when outcomes are counted by it; "" otherwise.
	Version string
	// Now is the clock; time.Now by default.
	Now func() time.Time
}

// Emitter gathers the metrics of one invocation and writes them when it ends, in
// CloudWatch's embedded metric format. It is safe for concurrent use; one process
// handles one invocation at a time, so one Emitter serves them all.
//
// A measurement that cannot be kept (a name that contract.Metrics does not list
// for the namespace, another unit, a number that is none) is dropped and
// reported by Flush: no event fails for a metric, and no test passes over it.
type Emitter struct {
	w      io.Writer
	config EmitterConfig
	units  map[string]string

	mu              sync.Mutex
	counts          map[string]float64
	observed        map[string][]float64
	handled, failed int
	mistakes        []error
}

// NewEmitter returns an emitter that writes to w, on Lambda standard output.
// Returns an error that names a field which cannot be used.
func NewEmitter(w io.Writer, c EmitterConfig) (*Emitter, error) {
	e := &Emitter{w: w, config: c, units: map[string]string{}}
	for _, m := range contract.Metrics() {
		if m.Namespace == c.Namespace {
			e.units[m.Name] = m.Unit
		}
	}
	switch {
	case len(e.units) == 0:
		return nil, fmt.Errorf("telemetry: Namespace %q has no metrics", c.Namespace)
	case c.Version != "" && !hasVersionMetrics(c.Namespace):
		return nil, fmt.Errorf("telemetry: Version is %q, but Namespace %q has no metrics by version", c.Version, c.Namespace)
	case c.Service.Name == "" || c.Service.Environment == "":
		return nil, fmt.Errorf("telemetry: Service must have a name and an environment, got %q and %q", c.Service.Name, c.Service.Environment)
	}
	if c.Now == nil {
		e.config.Now = time.Now
	}
	e.reset()
	return e, nil
}

func hasVersionMetrics(namespace string) bool {
	return slices.ContainsFunc(contract.VersionMetrics(), func(m contract.Metric) bool { return m.Namespace == namespace })
}

func (e *Emitter) reset() {
	e.counts, e.observed, e.mistakes = map[string]float64{}, map[string][]float64{}, nil
	e.handled, e.failed = 0, 0
}

// Count adds n to a counter. Counting 0 writes a 0, which an alarm can tell from
// silence.
func (e *Emitter) Count(name string, n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.keeps(name, contract.UnitCount, float64(n)) {
		e.counts[name] += float64(n)
	}
}

// Outcome adds to what this version of the function made of its work: failed is the
// part of handled that went wrong. It does nothing without a Version.
func (e *Emitter) Outcome(handled, failed int) {
	if e.config.Version == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.handled, e.failed = e.handled+handled, e.failed+failed
}

// Observe adds one measurement, in milliseconds. Each is kept, so that
// CloudWatch can compute percentiles.
func (e *Emitter) Observe(name string, milliseconds float64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.keeps(name, contract.UnitMilliseconds, milliseconds) {
		e.observed[name] = append(e.observed[name], milliseconds)
	}
}

// Time adds one measurement of a duration.
func (e *Emitter) Time(name string, d time.Duration) { e.Observe(name, Milliseconds(d)) }

func (e *Emitter) keeps(name, unit string, value float64) bool {
	known, ok := e.units[name]
	switch {
	case !ok:
		e.mistake("metric %q is not one of %s", name, e.config.Namespace)
	case known != unit:
		e.mistake("metric %q is in %s, not in %s", name, known, unit)
	case math.IsNaN(value) || math.IsInf(value, 0) || value < 0:
		e.mistake("metric %q cannot be %v", name, value)
	default:
		return true
	}
	return false
}

const mistakesLimit = 20

func (e *Emitter) mistake(format string, args ...any) {
	if len(e.mistakes) < mistakesLimit {
		e.mistakes = append(e.mistakes, fmt.Errorf(format, args...))
	}
}

// Flush writes what was gathered since the last time, as one line, or as several
// where one metric has more than the 100 values that a line may hold; it writes
// nothing when there is nothing. The properties stand on each line beside the
// metrics, for queries over the logs; they are no dimensions. Call it at the end
// of each invocation.
//
// Returns the errors of the measurements dropped and of writing. What was
// gathered is forgotten in any case.
func (e *Emitter) Flush(properties map[string]string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer e.reset()
	lines, err := e.lines(properties)
	errs := append(e.mistakes, err)
	if len(lines) > 0 {
		if _, err := e.w.Write(lines); err != nil {
			errs = append(errs, fmt.Errorf("write metrics: %w", err))
		}
	}
	return errors.Join(errs...)
}
