package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/proof/inject"
	"github.com/fluxa/fluxa/proof/rig"
)

// metLimit is how long after its window a fault may take to meet the calls that it must
// meet: each kill costs the start of a new process, and a step comes when its event does.
const metLimit = 2 * time.Minute

// broken is a scenario in which calls to services go wrong for a time. Each of the faults
// must meet its calls, or the scenario fails.
func broken(name, about, expected string, window time.Duration, faults ...inject.Fault) Scenario {
	return Scenario{
		Name: name, Fault: about, Expected: expected, For: window,
		Break: func(ctx context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
			mend := func(ctx context.Context) error {
				return errors.Join(awaitMet(ctx, r, faults), r.Stack.Inject(context.WithoutCancel(ctx)))
			}
			return mend, r.Stack.Inject(ctx, faults...)
		},
	}
}

// sending breaks both operations that send to a queue.
func sending(target string, f inject.Fault) inject.Fault {
	f.Service, f.Target, f.Operations = endpoint.SQS, target, []string{send, sendMany}
	return f
}

// errUnmet is of a fault that met fewer calls than it must: the scenario proves nothing.
var errUnmet = errors.New("the fault was not met")

// awaitMet waits until each of the faults that are set has met its calls, under load.
func awaitMet(ctx context.Context, r *rig.Rig, faults []inject.Fault) error {
	waiting, cancel := context.WithTimeout(ctx, metLimit)
	defer cancel()
	for {
		met, err := r.Stack.Met(ctx)
		if err != nil {
			return err
		}
		missed := unmet(faults, met)
		if missed == nil {
			return nil
		}
		select {
		case <-waiting.Done():
			return errors.Join(missed, ctx.Err())
		case <-time.After(awaitPause):
		}
	}
}

// unmet returns an error for each fault that met fewer calls than it must: Times, where
// that is set, else one.
func unmet(faults []inject.Fault, met []int) error {
	var errs []error
	for i, f := range faults {
		if least := max(f.Times, 1); met[i] < least {
			errs = append(errs, fmt.Errorf("%w by enough calls: %s: %d of %d", errUnmet, f, met[i], least))
		}
	}
	return errors.Join(errs...)
}
