package simulation

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/pkg/erase"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

// verdict is what becomes of a call. The zero value is a good day.
type verdict uint8

const (
	succeeds   verdict = iota
	fails              // nothing happens, and an error is returned
	isLost             // it happens, and an error is returned all the same
	comesLate          // an error is returned, and it happens some time later
	diesBefore         // the process ends, and nothing happens
	diesAfter          // it happens, and the process ends
	isPartial          // some entries of a batch call fail; any other call fails
	panics             // nothing happens, and the caller panics
)

func (v verdict) String() string {
	return [...]string{"succeeds", "fails", "is lost", "comes late", "dies before", "dies after", "is partial", "panics"}[v]
}

// environment is an execution environment of a function, or a command of an operator: what
// ends as a whole. In it at most one invocation runs.
type environment struct {
	world *world
	id    int
	kind  string
	dead  bool // under the world's lock

	service  *process.Service // of a processor
	current  *invocation      // of a processor
	erases   erase.Subject    // of one that erases
	deadline time.Time        // when Lambda ends the process, if it is not done by then
	cancel   context.CancelFunc
}

// call is one of a process to the world outside. It waits in the world until it is told
// what becomes of it. Its effects are functions that the world runs, never the process.
type call struct {
	by      *environment
	op      string
	about   []string // event ids, or what else tells it from others of the process
	failure fault.Code
	whole   func()      // the effect
	entries []string    // of a batch call: the event id of each
	entry   func(i int) // the effect of one entry
	only    string      // the one event that suffers when it fails; "" for all of the batch
	passive bool        // no event suffers when it fails
	endless bool        // it needs no deadline: it is not the use case that calls
	kills   bool        // its effect ends the process
	reply   chan answer
}

// answer is what the caller learns. Errs is of a batch call.
type answer struct {
	err    error
	errs   []error
	dies   bool
	panics bool
}

func (c *call) String() string {
	return fmt.Sprintf("%s %d: %s %s", c.by.kind, c.by.id, c.op, strings.Join(c.about, " "))
}

func (c *call) error() error { return fault.New(c.failure, "the simulation has "+c.op+" fail") }

// allFail is the answer for a call of which the caller only knows that it failed.
func (c *call) allFail() answer {
	a := answer{err: c.error()}
	for range c.entries {
		a.errs = append(a.errs, a.err)
	}
	return a
}

// wait parks a call until the world answers it, or until the time of the caller is up.
// It does not return when the process has ended.
func (w *world) wait(ctx context.Context, c *call) answer {
	c.reply = make(chan answer, 1)
	w.mu.Lock()
	if c.by.dead {
		w.mu.Unlock()
		runtime.Goexit()
	}
	if _, bounded := ctx.Deadline(); !bounded && !c.endless {
		w.unbounded = append(w.unbounded, c.String())
	}
	if ctx.Err() != nil {
		w.outOfTime = append(w.outOfTime, c)
		w.mu.Unlock()
		return c.allFail()
	}
	w.parked = append(w.parked, c)
	w.mu.Unlock()

	var a answer
	select {
	case a = <-c.reply:
	case <-ctx.Done():
		w.mu.Lock()
		dead := c.by.dead
		if !dead {
			w.parked = slices.DeleteFunc(w.parked, func(other *call) bool { return other == c })
			w.outOfTime = append(w.outOfTime, c)
		}
		w.mu.Unlock()
		a = c.allFail()
		a.dies = dead
	}
	switch {
	case a.dies:
		runtime.Goexit()
	case a.panics:
		panic("the simulation has " + c.op + " panic")
	}
	return a
}

func byName(a, b *call) int {
	return cmp.Or(cmp.Compare(a.by.id, b.by.id), strings.Compare(a.op, b.op), slices.Compare(a.about, b.about))
}

// waiting returns the calls that wait, in an order that depends on nothing but what they
// are. Calls of one process that are alike in all are one: the payload of a message that
// is twice in a batch, say.
func (w *world) waiting() [][]*call {
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.SortStableFunc(w.parked, byName)
	var out [][]*call
	for i, c := range w.parked {
		if i > 0 && byName(c, w.parked[i-1]) == 0 {
			out[len(out)-1] = append(out[len(out)-1], c)
			continue
		}
		out = append(out, []*call{c})
	}
	return out
}

// answer lets a call meet its fate.
func (w *world) answer(c *call, v verdict, mask uint8) {
	w.log("%s: %s", c, v)
	if c.kills && v != fails {
		w.kill(c.by, byMessage)
		return
	}
	if v == panics && (c.by.kind != processor || c.endless) {
		v = diesBefore // nobody catches it
	}
	if v == isLost && c.op == "begin" || v == comesLate && c.op == "begin" || v != succeeds && c.op == "end" {
		w.countCrash(c.about)
	}
	all := func(int) bool { return true }
	switch v {
	case succeeds:
		w.release(c, c.happen(all))
	case fails:
		w.blame(c, c.entries)
		w.release(c, c.allFail())
	case isLost:
		c.happen(all)
		w.blame(c, c.entries)
		w.release(c, c.allFail())
	case comesLate:
		w.late = append(w.late, c)
		w.blame(c, c.entries)
		w.release(c, c.allFail())
	case isPartial:
		w.partial(c, mask)
	case panics:
		w.blameAll(c)
		w.release(c, answer{panics: true})
	case diesBefore:
		w.kill(c.by, byCrash)
	case diesAfter:
		c.happen(all)
		w.kill(c.by, byCrash)
	}
}

// partial has those entries fail that the mask has set, at least one.
func (w *world) partial(c *call, mask uint8) {
	if len(c.entries) == 0 {
		w.blame(c, nil)
		w.release(c, c.allFail())
		return
	}
	if bits.OnesCount8(mask) == 0 {
		mask = 1
	}
	failing := func(i int) bool { return mask&(1<<(i%8)) != 0 }
	var failed []string
	for i, about := range c.entries {
		if failing(i) {
			failed = append(failed, about)
		}
	}
	w.blame(c, failed)
	w.release(c, c.happen(func(i int) bool { return !failing(i) }))
}

// happen runs the effect, of a batch call that of the entries chosen, and returns the
// answer.
func (c *call) happen(chosen func(i int) bool) answer {
	if len(c.entries) == 0 {
		c.whole()
		return answer{}
	}
	a := answer{errs: make([]error, len(c.entries))}
	for i := range c.entries {
		if chosen(i) {
			c.entry(i)
		} else {
			a.errs[i] = c.error()
		}
	}
	return a
}

// release answers a call and lets its process run until it waits again.
func (w *world) release(c *call, a answer) {
	w.mu.Lock()
	w.parked = slices.DeleteFunc(w.parked, func(other *call) bool { return other == c })
	w.mu.Unlock()
	c.reply <- a
	w.settle()
}

// cause is why a process ends.
type cause string

const (
	byCrash   cause = "a crash"
	byTimeout cause = "its time is up"
	byMessage cause = "a message ends it"
	byTheEnd  cause = "the simulation ends"
)

// kill ends a process, with all that waits in it.
func (w *world) kill(p *environment, why cause) {
	w.log("%s %d ends: %s", p.kind, p.id, why)
	w.mu.Lock()
	p.dead = true
	var own []*call
	w.parked = slices.DeleteFunc(w.parked, func(c *call) bool {
		if c.by == p {
			own = append(own, c)
		}
		return c.by == p
	})
	w.mu.Unlock()
	if p.current != nil && why != byMessage {
		for _, d := range p.current.deliveries {
			w.crashes[d.id]++
		}
	}
	w.leave(p)
	for _, c := range own {
		c.reply <- answer{dies: true}
	}
	p.cancel()
	w.settle()
}

// blameAll notes that all of an invocation may suffer: for a panic in a step that they
// share, and for the time that is up.
func (w *world) blameAll(c *call) {
	if inv := c.by.current; inv != nil {
		inv.allSuffer = true
	}
}

// blame notes which events may suffer for a call that failed: those given, or else the
// one that the call is about, or else all of the invocation.
func (w *world) blame(c *call, ids []string) {
	inv := c.by.current
	if inv == nil || c.passive {
		return
	}
	if len(ids) == 0 && c.only != "" {
		ids = []string{c.only}
	}
	inv.allSuffer = inv.allSuffer || len(ids) == 0
	for _, id := range ids {
		inv.suffering[id] = true
	}
}
