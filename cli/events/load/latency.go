package load

import (
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
func (l *Latencies) Observe(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.max = max(l.max, took)
	if err := l.histogram.RecordValue(min(max(took, 0), slowest).Microseconds()); err != nil {
		panic(err) // the value was cut to the histogram's bounds
	}
}

// Latency is what percentiles of the requests took at most. All are zero when
// there were no requests.
type Latency struct {
	Requests           int64
	P50, P90, P99, Max time.Duration
}

// Summary returns the percentiles so far.
func (l *Latencies) Summary() Latency {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := func(percent float64) time.Duration {
		value := time.Duration(l.histogram.ValueAtPercentile(percent)) * time.Microsecond
		return min(value, l.max) // the histogram answers with the upper end of a bucket
	}
	return Latency{Requests: l.histogram.TotalCount(), P50: at(50), P90: at(90), P99: at(99), Max: l.max}
}
