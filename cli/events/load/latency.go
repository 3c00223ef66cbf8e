package load

import (
	"io"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	slowest   = time.Hour
	precision = 3 // significant decimal digits
)

// Latencies records how long requests took, from 1 µs to an hour, with three
// significant digits, in a memory that does not grow. It may be used concurrently.
type Latencies struct {
	mu        sync.Mutex
	histogram *hdrhistogram.Histogram
	max       time.Duration
}

// NewLatencies returns an empty record.
func NewLatencies() *Latencies {
	return &Latencies{histogram: hdrhistogram.New(1, slowest.Microseconds(), precision)}
}

// Observe records one duration. What is longer than an hour counts as an hour.
func (l *Latencies) Observe(took time.Duration) { l.ObserveMany(took, 1) }

// ObserveMany records a duration n times.
func (l *Latencies) ObserveMany(took time.Duration, n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > 0 {
		l.max = max(l.max, took)
	}
	if err := l.histogram.RecordValues(min(max(took, 0), slowest).Microseconds(), n); err != nil {
		panic(err) // the value was cut to the histogram's bounds
	}
}

// Add records everything that other has, which nothing may be recorded in meanwhile.
func (l *Latencies) Add(other *Latencies) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.max = max(l.max, other.max)
	l.histogram.Merge(other.histogram) // drops nothing: the bounds are the same
}

// Latency is how many durations there are and what percentiles of them took at
// most. All are zero when there are none.
type Latency struct {
	Count                    int64
	P50, P90, P99, P999, Max time.Duration
}

// Summary returns the percentiles so far.
func (l *Latencies) Summary() Latency {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Latency{Count: l.histogram.TotalCount(), P50: l.at(50), P90: l.at(90), P99: l.at(99), P999: l.at(99.9), Max: l.max}
}

// At returns what a percentile took at most, zero when there is nothing yet.
func (l *Latencies) At(percent float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at(percent)
}

func (l *Latencies) at(percent float64) time.Duration {
	value := time.Duration(l.histogram.ValueAtPercentile(percent)) * time.Microsecond
	return min(value, l.max) // the histogram answers with the upper end of a bucket
}

// WritePercentiles writes the distribution in milliseconds, as the plotters of HDR
// histograms read it.
func (l *Latencies) WritePercentiles(w io.Writer) error {
	const ticksPerHalfDistance = 5
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.histogram.PercentilesPrint(w, ticksPerHalfDistance, float64(time.Millisecond/time.Microsecond))
	return err
}
