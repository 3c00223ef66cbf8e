package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// Setting is under which circumstances contenders are compared.
type Setting struct {
	Lanes   int           // connections
	Batch   int           // events in a batch
	Latency time.Duration // added to each round trip
	Random  bool          // ids are random, else in the order of time
}

func (s Setting) String() string {
	out := fmt.Sprintf("%d connections, batches of %d", s.Lanes, s.Batch)
	if s.Latency > 0 {
		out += fmt.Sprintf(", %s further away", s.Latency)
	}
	if s.Random {
		out += ", random ids"
	}
	return out
}

// Rates are the events per second of a contender, in the order of the runs.
type Rates struct {
	Contender string
	Each      []float64
}

// Median is the middle one.
func (r Rates) Median() float64 { return middle(r.Each) }

// Low and High are the ends of the spread.
func (r Rates) Low() float64  { return slices.Min(r.Each) }
func (r Rates) High() float64 { return slices.Max(r.Each) }

// Over is the ratio to the figure of another contender: the median of the ratios of the
// runs, in each of which both took their turn in the same seconds.
func (r Rates) Over(other Rates) float64 {
	var each []float64
	for i := range r.Each {
		each = append(each, r.Each[i]/other.Each[i])
	}
	return middle(each)
}

func middle(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Result is what a setting gave.
type Result struct {
	Setting Setting
	Rates   []Rates
	// Client and Server are the processor time of an event in microseconds, where the
	// contender's server runs on this machine.
	Client, Server []Rates
}

// Ratio is that of the first contender to another.
func (r Result) Ratio(to int) float64 { return r.Rates[0].Over(r.Rates[to]) }

// Compare lets the contenders take turns, each for about the duration and so many runs.
// A contender that stored anything but all events, once, is an error.
func Compare(ctx context.Context, contenders []Contender, s Setting, runs int, each time.Duration) (Result, error) {
	result := Result{Setting: s}
	for _, c := range contenders {
		named := Rates{Contender: c.Name()}
		result.Rates, result.Client, result.Server = append(result.Rates, named), append(result.Client, named), append(result.Server, named)
	}
	events, unit := make([]int, len(contenders)), make([]int, len(contenders))
	for i, c := range contenders {
		unit[i] = c.Batch(s.Batch) * s.Lanes
	}
	for run := -1; run < runs; run++ { // the first finds out how many events the time takes
		for i, c := range contenders {
			turn, err := once(ctx, c, s, max(events[i], unit[i]))
			if err != nil {
				return result, fmt.Errorf("%s, %s: %w", c.Name(), s, err)
			}
			if run < 0 {
				if turn, err = once(ctx, c, s, roundUp(int(turn.rate()*each.Seconds()/4), unit[i])); err != nil {
					return result, fmt.Errorf("%s, %s: %w", c.Name(), s, err)
				}
				events[i] = roundUp(int(turn.rate()*each.Seconds()), unit[i])
				continue
			}
			result.Rates[i].Each = append(result.Rates[i].Each, turn.rate())
			result.Client[i].Each = append(result.Client[i].Each, turn.perEvent(turn.spent.client))
			result.Server[i].Each = append(result.Server[i].Each, turn.perEvent(turn.spent.server))
		}
	}
	return result, nil
}

func roundUp(n, unit int) int { return max(1, (n+unit-1)/unit) * unit }

// preparer is a lane that has something to do with a batch before it is measured.
type preparer interface {
	Prepare(ctx context.Context, batch Batch) error
}

// turn is one of a contender.
type turn struct {
	events int
	took   time.Duration
	spent  spent
}

func (t turn) rate() float64 { return float64(t.events) / t.took.Seconds() }

func (t turn) perEvent(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(t.events) }

// once stores so many events.
func once(ctx context.Context, c Contender, s Setting, events int) (turn, error) {
	batches, err := Batches(events, c.Batch(s.Batch), s.Random)
	if err != nil {
		return turn{}, err
	}
	if err := c.Reset(ctx); err != nil {
		return turn{}, err
	}
	url, stop, err := Delay(ctx, c.URL(), s.Latency)
	if err != nil {
		return turn{}, err
	}
	defer stop()
	lanes, err := c.Open(ctx, url, s.Lanes)
	if err != nil {
		return turn{}, err
	}
	defer func() {
		for _, l := range lanes {
			l.Close()
		}
	}()
	for i, batch := range batches {
		if p, is := lanes[i%len(lanes)].(preparer); is {
			if err := p.Prepare(ctx, batch); err != nil {
				return turn{}, err
			}
		}
	}
	meter, err := newMeter(ctx, c)
	if err != nil {
		return turn{}, err
	}
	begun := time.Now()
	group, work := errgroup.WithContext(ctx)
	for n, lane := range lanes {
		group.Go(func() error {
			for i := n; i < len(batches); i += len(lanes) {
				if err := lane.Store(work, batches[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return turn{}, err
	}
	took := time.Since(begun)
	used, err := meter.spent()
	if err != nil {
		return turn{}, err
	}
	stored, err := c.Stored(ctx)
	if err == nil && stored != events {
		err = fmt.Errorf("%d events are stored, want %d", stored, events)
	}
	return turn{events, took, used}, err
}
