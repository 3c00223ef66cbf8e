// Package activity keeps what the functions did in the last minutes, from their metric
// and log lines: counts and latencies by the second, the last events, the last runs of
// maintain. However long the platform runs, it takes the same memory.
package activity

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	// Window is how many seconds are kept.
	Window = 300
	// eventsKept and runsKept bound the lists.
	eventsKept = 200
	runsKept   = 48
	// linesRead is how many event lines of a function are read a batch: the last ones. More
	// of them than people can look at are counted by their metrics, and cost nothing else.
	linesRead = 100
)

// Event is what became of an event, as far as is known. One that was refused before it
// had an id has none.
type Event struct {
	ID, CorrelationID string
	At                time.Time // of its last line
	// State is one of the states below.
	State      string
	ErrorCode  string
	Deliveries int
	EndToEndMS float64 // 0 until it is stored
	Announced  bool
}

// States of an event.
const (
	Accepted     = "accepted"
	Refused      = "refused"
	Stored       = "stored"
	Duplicate    = "duplicate"
	Erased       = "erased" // with its user, before it was stored
	Retried      = "retried"
	DeadLettered = "in the DLQ"
)

// Run is a run of maintain.
type Run struct {
	At     time.Time
	Error  string
	Report MaintainReport
}

// Log gathers lines. It is safe for concurrent use.
type Log struct {
	mu      sync.Mutex
	seconds [Window]second
	newest  int64                       // the second of the newest metric line
	pending map[contract.Function]*tail // event lines that are not read yet
	events  []Event                     // the newest last
	runs    []Run                       // the newest last
}

// New returns an empty Log.
func New() *Log { return &Log{pending: map[contract.Function]*tail{}} }

// tail is the last lines of a batch.
type tail struct {
	lines [linesRead][]byte
	n     int
}

var metricMark = []byte(`"_aws"`)

// Take takes a line of a function. The line may be changed afterwards. Settle makes what
// it says visible.
func (l *Log) Take(function contract.Function, line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes.Contains(line, metricMark) {
		l.measure(line)
		return
	}
	t := l.pending[function]
	if t == nil {
		t = &tail{}
		l.pending[function] = t
	}
	slot := &t.lines[t.n%linesRead]
	*slot = append((*slot)[:0], line...)
	t.n++
}

func (l *Log) measure(line []byte) {
	var m metricLine
	if err := json.Unmarshal(line, &m); err != nil {
		return // another program's line
	}
	at := m.AWS.Timestamp / 1000
	if at <= l.newest-Window {
		return
	}
	l.newest = max(l.newest, at)
	s := &l.seconds[at%Window]
	if s.at != at {
		*s = second{at: at}
	}
	s.add(m)
}

// Settle reads the last lines that were taken since it was called last.
func (l *Log) Settle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, function := range []contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionMaintain} {
		t := l.pending[function]
		if t == nil {
			continue
		}
		for i := max(0, t.n-linesRead); i < t.n; i++ {
			if e, ok := ParseEntry(t.lines[i%linesRead]); ok {
				l.enter(function, e)
			}
		}
		t.n = 0
	}
}

func (l *Log) enter(function contract.Function, e Entry) {
	switch {
	case function == contract.FunctionMaintain && e.Report != nil && e.Operation == "":
		l.runs = last(append(l.runs, Run{At: e.At, Error: e.Error, Report: *e.Report}), runsKept)
	case function == contract.FunctionMaintain || (e.EventID == "" && e.Status < 400):
	default:
		l.update(e)
	}
}

// update enters what a line says of an event. What the processor said of it stays when
// ingest's line is read later: the processor may even be done before ingest has answered.
func (l *Log) update(e Entry) {
	i := slices.IndexFunc(l.events, func(known Event) bool {
		return known.ID == e.EventID && (e.EventID != "" || known.CorrelationID == e.CorrelationID)
	})
	event := Event{ID: e.EventID, CorrelationID: e.CorrelationID}
	if i >= 0 {
		event = l.events[i]
		if e.At.Before(event.At) || (e.Function == contract.FunctionIngest && event.Deliveries > 0) {
			return
		}
		l.events = slices.Delete(l.events, i, i+1)
	}
	event.At = e.At
	event.apply(e)
	l.events = last(append(l.events, event), eventsKept)
}

func (v *Event) apply(e Entry) {
	v.ErrorCode = e.ErrorCode
	if e.Function == contract.FunctionIngest {
		v.State = Accepted
		if e.Status >= 300 {
			v.State = Refused
		}
		return
	}
	v.Deliveries = e.Deliveries
	v.Announced = v.Announced || e.Notified
	if e.EndToEndMS > 0 {
		v.EndToEndMS = e.EndToEndMS
	}
	v.State = StateOf(e.Result)
}

// StateOf is the state after a delivery with this result of the processor.
func StateOf(result string) string {
	switch result {
	case "processed":
		return Stored
	case "dead_lettered":
		return DeadLettered
	}
	return result
}

func last[T any](list []T, n int) []T {
	if over := len(list) - n; over > 0 {
		list = slices.Delete(list, 0, over)
	}
	return list
}

// Events returns the last events, the newest first, up to limit. The caller gets a copy.
func (l *Log) Events(limit int) []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return newestFirst(l.events, limit)
}

// Runs returns the last runs of maintain, the newest first. The caller gets a copy.
func (l *Log) Runs() []Run {
	l.mu.Lock()
	defer l.mu.Unlock()
	return newestFirst(l.runs, runsKept)
}

func newestFirst[T any](list []T, limit int) []T {
	out := slices.Clone(list[max(0, len(list)-limit):])
	slices.Reverse(out)
	return out
}
