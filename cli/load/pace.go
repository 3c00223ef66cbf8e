package load

import "time"

// pace spreads events evenly. A rate of zero does not hold anything back.
type pace struct {
	interval time.Duration
	due      time.Time
}

// slack is how early an event may go, so that a timer is not set for less than
// it can measure, and maxDebt how much of lost time is caught up.
const (
	slack   = time.Millisecond
	maxDebt = time.Second
)

func newPace(perSecond float64, now time.Time) *pace {
	p := &pace{due: now}
	if perSecond > 0 {
		p.interval = time.Duration(float64(time.Second) / perSecond)
	}
	return p
}

// until returns how long the next event has to wait; zero or less means it may go.
func (p *pace) until(now time.Time) time.Duration {
	if p.interval == 0 {
		return 0
	}
	return p.due.Sub(now) - slack
}

// took notes that an event went.
func (p *pace) took(now time.Time) {
	if floor := now.Add(-maxDebt); p.due.Before(floor) {
		p.due = floor
	}
	p.due = p.due.Add(p.interval)
}
