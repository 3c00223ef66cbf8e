// Package poll asks again until there is an answer.
package poll

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Until calls try at once and then every interval, until it returns nil or limit
// has passed; a last call is made at the limit. A limit of zero or less means one
// call. An error that backoff.Permanent wraps ends it too. Until returns the last
// error of try, or the cause when ctx ends first.
func Until(ctx context.Context, interval, limit time.Duration, try func() error) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, try() },
		backoff.WithBackOff(&schedule{interval: interval, end: time.Now().Add(limit)}), backoff.WithMaxElapsedTime(0))
	return err
}

// schedule is a fixed interval, cut short by the end.
type schedule struct {
	interval time.Duration
	end      time.Time
}

func (s *schedule) Reset() {}

func (s *schedule) NextBackOff() time.Duration {
	left := time.Until(s.end)
	if left <= 0 {
		return backoff.Stop
	}
	return min(s.interval, left)
}
