// Package budget is the policy of time of one invocation: who may use how much of
// what is left before the function's deadline, at which the runtime kills the
// process. A call that hangs must fail while its failure can still be answered
// for.
//
//	the function's time-out, 30 s for the processor
//	├─ Answer    1.5 s kept at the end of every invocation: logs, metrics, spans,
//	│            the answer itself
//	├─ Postpone  2 s kept before that by the processor, to set when the messages
//	│            come back that are not done
//	└─ the work  each step but the last uses at most half of what is left when it
//	             begins, so that one hanging call leaves the others their time
//
// No reserve is larger than a quarter of what is left: a short time-out shortens
// all of them, and the work keeps more than half. Without a deadline, as in tests,
// nothing is bounded.
package budget

import (
	"context"
	"time"
)

const (
	// Answer is kept at the end of every invocation. Sending the spans takes a
	// second of it at most.
	Answer = 1500 * time.Millisecond
	// Postpone is kept by the processor at the end of a batch.
	Postpone = 2 * time.Second
)

// Keep returns a context that ends earlier than ctx: by reserve, or by a quarter
// of the time that is left, whichever is shorter. It ends with the cause; nil
// stands for context.DeadlineExceeded.
func Keep(ctx context.Context, reserve time.Duration, cause error) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, deadline.Add(-min(reserve, time.Until(deadline)/4)), cause)
}

// Half returns a context that ends at half of the time that is left.
func Half(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(deadline)/2)
}

// Sleep waits for d, and returns the context's error when it ends first. It does
// not begin a wait that the deadline would end: then the error,
// context.DeadlineExceeded, comes at once, and what is left of the time serves
// somebody else.
func Sleep(ctx context.Context, d time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
