package postgres

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// every repeats an operation at an interval until it succeeds, fails with a
// backoff.Permanent error, or the context ends, whose cause it then returns.
func every[T any](ctx context.Context, interval time.Duration, operation backoff.Operation[T], options ...backoff.RetryOption) (T, error) {
	options = append(options, backoff.WithBackOff(backoff.NewConstantBackOff(interval)), backoff.WithMaxElapsedTime(0))
	return backoff.Retry(ctx, operation, options...)
}
