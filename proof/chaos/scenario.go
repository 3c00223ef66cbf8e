// Package chaos breaks the running product in one way after the other, under load, and
// has the checker decide each time whether an event was lost, doubled or made up.
package chaos

import (
	"context"
	"slices"
	"time"

	"github.com/fluxa/fluxa/proof/rig"
)

// Scenario is one fault.
type Scenario struct {
	Name string
	// Fault says what is broken, Expected what must come of it, in a sentence each.
	Fault, Expected string
	// For is how long the fault lasts, unless a caller sets another time. Zero: it is over
	// when it was injected, or when it has met what it must meet, and cannot last.
	For time.Duration
	// Short marks the scenarios of `make chaos-short`.
	Short bool
	// Mix changes what is sent, and Meanwhile what is sent while the fault lasts; nil: the
	// usual.
	Mix, Meanwhile func(*rig.Mix)
	// Break injects the fault, and returns what clears it.
	Break func(ctx context.Context, r *rig.Rig, window time.Duration) (Mend, error)
	// Delays says that messages must come back to the queue during the fault: where none
	// does, there was no fault, and the scenario proves nothing.
	Delays bool
	// Refusing says that no event may be stored whose client was refused.
	Refusing bool
}

// Mend clears a fault. It returns errUnmet for one that was injected and met too little to
// prove anything.
type Mend func(ctx context.Context) error

// Scenarios lists them all.
func Scenarios() []Scenario {
	var out []Scenario
	for _, s := range slices.Concat(databaseFaults(), sessionFaults()) {
		s.Delays = true
		out = append(out, s)
	}
	for _, group := range [][]Scenario{serviceFaults(), payloadFaults(), processorFaults(), killSteps(), wholeFaults()} {
		out = append(out, group...)
	}
	return out
}

// repeat does something at once and then every so often until the window is over or ctx
// is: for faults that new processes would escape.
func repeat(ctx context.Context, window, every time.Duration, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, window)
	defer cancel()
	for {
		if err := do(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}

// nothing mends what is over by itself.
func nothing(context.Context) error { return nil }
