package process

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Backoff says how long a message waits before its next delivery. Delay n is
// Base × Factor^(n-1), at most Max, less up to a fifth of it at random, so that the
// messages of one outage do not all come back at once.
//
// A message that waits counts among the 120,000 that the queue lets be in flight, and
// while so many are, it hands over no other, a new one neither. So Max is short: with
// the default every message is back within a minute of the end of an outage. The queue
// gives up after contract.MaxReceives deliveries, which take 13 hours at the least.
type Backoff struct {
	Base   time.Duration  // default 5 s
	Max    time.Duration  // default 1 min; SQS allows up to 12 h
	Factor int            // default 3
	Random func() float64 // in [0,1); default math/rand
}

func (b Backoff) withDefaults() (Backoff, error) {
	if b.Base == 0 {
		b.Base = 5 * time.Second
	}
	if b.Max == 0 {
		b.Max = time.Minute
	}
	if b.Factor == 0 {
		b.Factor = 3
	}
	if b.Random == nil {
		b.Random = rand.Float64
	}
	switch {
	case b.Base < time.Second:
		return b, fmt.Errorf("process: Backoff.Base is %s, it must be at least 1s, the queue's unit", b.Base)
	case b.Max < b.Base || b.Max > 12*time.Hour:
		return b, fmt.Errorf("process: Backoff.Max is %s, it must be from Base (%s) to 12h", b.Max, b.Base)
	case b.Factor < 1 || b.Factor > 10:
		return b, fmt.Errorf("process: Backoff.Factor is %d, it must be 1 to 10", b.Factor)
	}
	return b, nil
}

// Delay returns the wait after the given number of deliveries, in whole seconds.
func (b Backoff) Delay(deliveries int) time.Duration {
	delay := b.Base
	for i := 1; i < deliveries && delay < b.Max; i++ {
		delay *= time.Duration(b.Factor)
	}
	delay = min(delay, b.Max)
	jittered := delay - time.Duration(b.Random()*float64(delay)/5)
	return max(jittered.Round(time.Second), time.Second)
}
