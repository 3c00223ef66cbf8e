package simulation

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/erase"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

// world is all around the use cases, in simulated time: the services, the clients, the
// operators, and what they know. Only the goroutine that runs the schedule changes it, but
// for the fields under mu.
type world struct {
	schedule schedule
	start    time.Time
	untraced bool
	events   int // that the trace has, or would have
	trace    []string
	broken   []string // promises, in the order in which they were found broken

	mu        sync.Mutex
	parked    []*call  // that wait
	outOfTime []*call  // whose caller does not wait any more, since the last step
	unbounded []string // that could have waited for ever

	queue, letters *queue
	store          *processtest.MemoryStore
	objects        map[string]object // by key
	late           []*call           // given up by their caller, and still to happen

	count  int // environments so far
	active []*environment
	idle   []*environment // processors between two invocations

	names    int // ids and meanings so far
	contents map[string]*content
	order    []*content           // contents in the order in which they came
	bodies   map[string]*content  // of messages
	received map[string]time.Time // by ingest, by the bodies of messages
	forged   map[string]*content  // of messages that ingest never sends

	tokens       map[erase.Subject]string // to go on with an erasure
	erasedHashes map[string]bool          // of payloads

	ledger
	draining        bool
	ignoresFailures bool // a mistake: the mapping deletes what the answer names as failed
}

// object is one of the bucket.
type object struct {
	payload  string
	modified time.Time
	received time.Time
}

// bytes returns those of an object.
func (w *world) bytes(key string) ([]byte, error) {
	if o, there := w.objects[key]; there {
		return []byte(o.payload), nil
	}
	return nil, fault.New(fault.PayloadMissing, "the object is gone")
}

// result is what a run leaves.
type result struct {
	trace  []string
	broken []string
	events int
}

// tables are kept for so long.
const retention = 2 * 24 * time.Hour

// visibility is the queue's time-out.
const visibility = contract.VisibilityFactor * contract.ProcessorTimeout

// reserve is how much of its life a message must have left for more time to pass: with
// it, everything that waits is settled in time.
const reserve = 48 * time.Hour

// change is one of a world before it is run: a mistake, for the tests of the simulation
// itself, say.
type change func(*world)

// run runs a schedule from its beginning to the end, in a bubble of its own.
func run(t *testing.T, s schedule, changes ...change) result {
	var out result
	synctest.Test(t, func(*testing.T) {
		w := newWorld(s)
		defer w.end()
		for _, change := range changes {
			change(w)
		}
		for i, one := range s.steps {
			if len(w.broken) > 0 {
				break
			}
			w.log("step %d: %s", i, one)
			w.take(one)
		}
		if len(w.broken) == 0 {
			w.drain()
		}
		out = result{trace: w.trace, broken: w.broken, events: w.events}
	})
	return out
}

func newWorld(s schedule) *world {
	w := &world{
		schedule: s, start: time.Now().UTC(), store: &processtest.MemoryStore{},
		objects: map[string]object{}, contents: map[string]*content{}, bodies: map[string]*content{}, received: map[string]time.Time{},
		forged: map[string]*content{}, tokens: map[erase.Subject]string{}, erasedHashes: map[string]bool{}, ledger: newLedger(),
	}
	w.letters = &queue{
		name: "d", visibility: 30 * time.Second, retention: contract.DLQRetention, inFlight: 1_000,
		expired: func(m *message) { w.forgotten[w.contentOf(m.body)] = true },
	}
	w.queue = &queue{
		name: "m", visibility: visibility, retention: contract.EventsRetention, inFlight: s.inFlight,
		receives: contract.MaxReceives, redriveTo: w.letters,
		expired: func(m *message) { w.breaks("a message expires: %s", m.id) },
	}
	return w
}

// end ends all that still runs: a bubble waits for its goroutines.
func (w *world) end() {
	for len(w.active) > 0 {
		w.kill(w.active[0], byTheEnd)
	}
}

// untraced has a run keep no trace, which takes half of the time.
func untraced(w *world) { w.untraced = true }

// log adds a line to the trace, with the time.
func (w *world) log(format string, args ...any) {
	w.events++
	if w.untraced {
		return
	}
	w.trace = append(w.trace, fmt.Sprintf("%12s  ", time.Since(w.start).Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

// breaks notes that a promise is broken.
func (w *world) breaks(format string, args ...any) {
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
	w.log("BROKEN: "+format, args...)
}

// settle lets everything run until it waits for the schedule or for time to pass, and
// takes note of the calls that nobody waits for any more.
func (w *world) settle() {
	synctest.Wait()
	w.mu.Lock()
	gone, unbounded := w.outOfTime, w.unbounded
	w.outOfTime, w.unbounded = nil, nil
	w.mu.Unlock()
	slices.SortStableFunc(gone, byName)
	for _, c := range gone {
		w.log("%s: out of time", c)
		w.blameAll(c)
		if c.op == "begin" || c.op == "end" {
			w.countCrash(c.about)
		}
	}
	for _, name := range unbounded {
		w.breaks("a call has no deadline: %s", name)
	}
}

// pass lets time pass. What Lambda would end meanwhile ends at its time, and what comes
// late comes before an hour is over.
func (w *world) pass(d time.Duration) {
	for d >= time.Hour && len(w.late) > 0 {
		w.landLate(0)
	}
	until := time.Now().Add(d)
	for {
		var next *environment
		for _, e := range w.active {
			if !e.deadline.IsZero() && (next == nil || e.deadline.Before(next.deadline)) {
				next = e
			}
		}
		if next == nil || next.deadline.After(until) {
			break
		}
		time.Sleep(time.Until(next.deadline))
		w.settle()
		if slices.Contains(w.active, next) {
			w.kill(next, byTimeout)
		}
	}
	time.Sleep(time.Until(until))
	w.settle()
	w.queue.expire()
	w.letters.expire()
}

// passable bounds how long time may pass: no message of the events queue gets so old that
// SQS might forget it before it is settled, which no processor could prevent.
func (w *world) passable(d time.Duration) time.Duration {
	if oldest, any := w.queue.oldest(); any {
		d = min(d, time.Until(oldest.Add(contract.EventsRetention-reserve)))
	}
	return max(d, 0)
}

// take takes one step of the schedule.
func (w *world) take(s step) {
	switch s.kind {
	case post:
		w.postNew(s, "m", inline)
	case postLarge:
		w.postNew(s, "m", large)
	case postStored:
		w.postNew(s, "m", stored)
	case postKiller:
		w.postNew(s, merchantKills, inline)
	case postUnwanted:
		w.postNew(s, merchantUnwanted, inline)
	case postBatch:
		w.postSeveral(s)
	case postKeyed:
		w.postWithKey(s)
	case repeat, reword, contradict, borrow:
		w.postAgain(s)
	case forge:
		w.sendForgery(s)
	case deliver:
		w.deliver(s)
	case flow:
		for range int(s.mask)%6 + 1 {
			w.meet(s.which, succeeds, 0)
		}
	case meet:
		w.meet(s.which, s.fault, s.mask)
	case land:
		w.landLate(s.which)
	case waitSeconds:
		w.pass(w.passable(time.Duration(1+int(s.mask)) * time.Second))
	case waitHours:
		w.pass(w.passable(time.Duration(1+int(s.mask)%12) * time.Hour))
	case waitDays:
		w.pass(w.passable(time.Duration(1+int(s.mask)%13) * 24 * time.Hour))
	case reappear:
		if id, any := w.queue.reappear(s.which); any {
			w.log("message %s comes again", id)
		}
	case exhaust:
		w.exhaust(s.which)
	case redrive:
		w.redrive(s.which, int(s.mask)%3+1)
	case maintainTables:
		w.maintain()
	case eraseUser:
		w.eraseUser(s)
	case loseObject, spoilObject:
		w.harmObject(s)
	}
}

// meet lets a call that waits meet a verdict.
func (w *world) meet(which int, v verdict, mask uint8) {
	all := w.waiting()
	if len(all) == 0 {
		return
	}
	for _, c := range all[which%len(all)] {
		if w.isParked(c) {
			w.answer(c, v, mask)
		}
	}
}

func (w *world) isParked(c *call) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.parked, c)
}

// landLate has the effect of a call come about that its caller has given up.
func (w *world) landLate(which int) {
	if len(w.late) == 0 {
		return
	}
	i := which % len(w.late)
	c := w.late[i]
	w.late = slices.Delete(w.late, i, i+1)
	w.log("%s: happens after all", c)
	c.happen(func(int) bool { return true })
}

// exhaust uses up all receives of a message but one, as an outage of half a day does.
func (w *world) exhaust(which int) {
	if all := w.queue.visibleOnes(); len(all) > 0 {
		m := all[which%len(all)]
		m.receives = max(m.receives, contract.MaxReceives-1)
		w.log("message %s was received %d times", m.id, m.receives)
	}
}

// harmObject takes an object out of the bucket, or changes it.
func (w *world) harmObject(s step) {
	var there []*content
	for _, c := range w.order {
		if _, found := w.objects[c.key()]; found {
			there = append(there, c)
		}
	}
	if len(there) == 0 {
		return
	}
	c := there[s.which%len(there)]
	w.log("%s of %s", s.kind, c)
	if s.kind == loseObject {
		c.lost, c.harmed = true, true
		delete(w.objects, c.key())
		return
	}
	c.spoilt = true
	w.objects[c.key()] = object{"{}", w.objects[c.key()].modified, w.objects[c.key()].received}
}
