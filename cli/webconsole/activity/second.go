package activity

import (
	"math/rand/v2"
	"slices"
	"time"
)

// samplesKept bounds the latencies that are kept of a second. Of more, it is a random
// choice, each as likely as the others.
const samplesKept = 256

// second is what was done in a second of the functions' clock.
type second struct {
	at                                                       int64
	accepted, refused, stored, retried, dlq, notified, reads float64
	ingest, endToEnd, process, database                      samples
}

func (s *second) add(m metricLine) {
	s.accepted += m.IngestSuccess.sum()
	s.refused += m.IngestFailure.sum()
	s.stored += m.ProcessedSuccess.sum()
	s.retried += m.Retried.sum()
	s.dlq += m.DLQSent.sum()
	s.notified += m.Notified.sum()
	s.reads += m.QuerySuccess.sum() + m.QueryNotFound.sum() + m.QueryFailure.sum()
	s.ingest.add(m.IngestLatency)
	s.endToEnd.add(m.EndToEnd)
	s.process.add(m.ProcessLatency)
	s.database.add(m.DBLatency)
}

// samples are latencies in milliseconds.
type samples struct {
	kept []float64
	seen int
}

func (s *samples) add(values numbers) {
	for _, v := range values {
		s.seen++
		if len(s.kept) < samplesKept {
			s.kept = append(s.kept, v)
		} else if i := rand.IntN(s.seen); i < samplesKept {
			s.kept[i] = v
		}
	}
}

// percentiles sorts what it is given. Without values it returns nil.
func percentiles(values []float64, wanted ...float64) []float64 {
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	out := make([]float64, len(wanted))
	for i, p := range wanted {
		out[i] = values[min(len(values)-1, int(p*float64(len(values))))]
	}
	return out
}

// Point is a second of the charts. Latencies are in milliseconds, nil when there were
// none.
type Point struct {
	At       int64    `json:"at"` // Unix seconds
	Accepted float64  `json:"accepted"`
	Refused  float64  `json:"refused"`
	Stored   float64  `json:"stored"`
	Retried  float64  `json:"retried"`
	DLQ      float64  `json:"dlq"`
	Ingest50 *float64 `json:"ingest_p50"`
	Ingest99 *float64 `json:"ingest_p99"`
	Whole50  *float64 `json:"whole_p50"` // from accepted to committed
	Whole99  *float64 `json:"whole_p99"`
}

// Points returns the n seconds before now, the oldest first: those in which nothing was
// written, too.
func (l *Log) Points(now time.Time, n int) []Point {
	l.mu.Lock()
	defer l.mu.Unlock()
	n = min(n, Window)
	out := make([]Point, n)
	for i := range out {
		at := now.Unix() - int64(n-i)
		p := Point{At: at}
		if s := &l.seconds[at%Window]; s.at == at {
			p.Accepted, p.Refused, p.Stored, p.Retried, p.DLQ = s.accepted, s.refused, s.stored, s.retried, s.dlq
			if q := percentiles(slices.Clone(s.ingest.kept), 0.5, 0.99); q != nil {
				p.Ingest50, p.Ingest99 = &q[0], &q[1]
			}
			if q := percentiles(slices.Clone(s.endToEnd.kept), 0.5, 0.99); q != nil {
				p.Whole50, p.Whole99 = &q[0], &q[1]
			}
		}
		out[i] = p
	}
	return out
}

// rateOver is how many seconds rates are averaged over, and latencies taken from.
const rateOver = 10

// Now is what happens at the moment: rates a second, medians in milliseconds, nil when
// nothing was measured.
type Now struct {
	Accepted float64  `json:"accepted"`
	Refused  float64  `json:"refused"`
	Stored   float64  `json:"stored"`
	Retried  float64  `json:"retried"`
	DLQ      float64  `json:"dlq"`
	Notified float64  `json:"notified"`
	Reads    float64  `json:"reads"`
	Ingest   *float64 `json:"ingest_ms"`
	Process  *float64 `json:"process_ms"`
	Database *float64 `json:"database_ms"`
	Whole    *float64 `json:"whole_ms"`
	Whole99  *float64 `json:"whole_p99_ms"`
}

// Now returns the averages over the ten seconds before now.
func (l *Log) Now(now time.Time) Now {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out Now
	var ingest, process, database, whole []float64
	for at := now.Unix() - rateOver; at < now.Unix(); at++ {
		s := &l.seconds[at%Window]
		if s.at != at {
			continue
		}
		out.Accepted += s.accepted / rateOver
		out.Refused += s.refused / rateOver
		out.Stored += s.stored / rateOver
		out.Retried += s.retried / rateOver
		out.DLQ += s.dlq / rateOver
		out.Notified += s.notified / rateOver
		out.Reads += s.reads / rateOver
		ingest, process = append(ingest, s.ingest.kept...), append(process, s.process.kept...)
		database, whole = append(database, s.database.kept...), append(whole, s.endToEnd.kept...)
	}
	for _, m := range []struct {
		values []float64
		into   **float64
	}{{ingest, &out.Ingest}, {process, &out.Process}, {database, &out.Database}} {
		if q := percentiles(m.values, 0.5); q != nil {
			*m.into = &q[0]
		}
	}
	if q := percentiles(whole, 0.5, 0.99); q != nil {
		out.Whole, out.Whole99 = &q[0], &q[1]
	}
	return out
}
