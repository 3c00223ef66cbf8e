package simulation

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// kind is what a step of a schedule does. The zero value does nothing.
type kind uint8

const (
	nothing        kind = iota
	post                // a client sends a new event
	postLarge           // one that travels through the bucket
	postStored          // a small one that does, too
	postBatch           // several in one request, one of them large
	postKeyed           // one without an id, with an Idempotency-Key
	repeat              // a client sends once more what was sent before
	reword              // the same event in other words
	contradict          // another event under an id that was used
	borrow              // another client uses an id that was used
	postKiller          // an event that ends the process which stores it
	postUnwanted        // an event of which the database refuses a value
	forge               // somebody sends what is no message of ingest
	deliver             // the mapping receives a batch and invokes a processor
	flow                // calls that wait succeed
	meet                // one call that waits meets the fault of the step
	land                // the effect of a call that was given up comes after all
	waitSeconds         // time passes
	waitHours           //
	waitDays            // as far as no message would expire
	reappear            // a message comes again, although it is in flight or deleted
	exhaust             // an outage has used up all receives of a message but one
	redrive             // an operator sends a dead letter back
	maintainTables      // the maintenance runs
	eraseUser           // an operator erases a user, or goes on with it
	loseObject          // an object of the bucket is gone
	spoilObject         // an object of the bucket has other bytes
)

var kindNames = [...]string{"nothing", "post", "post large", "post stored", "post batch", "post keyed", "repeat", "reword", "contradict", "borrow",
	"post killer", "post unwanted", "forge", "deliver", "flow", "meet", "land", "wait seconds", "wait hours", "wait days",
	"reappear", "exhaust", "redrive", "maintain", "erase", "lose object", "spoil object"}

func (k kind) String() string { return kindNames[k] }

// step is one of a schedule. Which message, call or object it is about, it says by a
// number, taken modulo those that there are: whatever other steps are left out, it has a
// meaning.
type step struct {
	kind  kind
	which int
	fault verdict // of meet
	mask  uint8   // which entries of a batch call fail, and other choices
}

func (s step) String() string {
	if s.kind == meet {
		return fmt.Sprintf("meet(%s, %d, %08b)", s.fault, s.which, s.mask)
	}
	return fmt.Sprintf("%s(%d, %d)", s.kind, s.which, s.mask)
}

// schedule is all that decides a run.
type schedule struct {
	batch    int // messages of one invocation
	inFlight int // messages that the queue lets be in flight
	steps    []step
}

func (s schedule) String() string {
	lines := make([]string, len(s.steps))
	for i, one := range s.steps {
		lines[i] = one.String()
	}
	return fmt.Sprintf("batch %d, in flight %d\n  %s", s.batch, s.inFlight, strings.Join(lines, "\n  "))
}

// weather is how often what goes wrong.
type weather struct {
	kinds    []kind
	verdicts []verdict
}

func weighted(weights map[kind]int) []kind {
	var out []kind
	for k := range kind(len(kindNames)) {
		for range weights[k] {
			out = append(out, k)
		}
	}
	return out
}

// weathers differ in what they are good at finding: a run in which everything fails
// never gets far, and one in which little fails never meets two faults at once.
var weathers = []weather{
	{ // calls that fail, workers that end
		weighted(map[kind]int{
			post: 6, postLarge: 1, postStored: 3, postBatch: 1, postKeyed: 1, repeat: 3, reword: 1, contradict: 1, borrow: 1, postKiller: 1, postUnwanted: 1, forge: 1,
			deliver: 12, flow: 26, meet: 22, land: 3, waitSeconds: 6, waitHours: 1, reappear: 2, redrive: 2,
		}),
		[]verdict{fails, isLost, comesLate, diesBefore, diesAfter, isPartial, panics},
	},
	{ // what clients and strangers send
		weighted(map[kind]int{
			post: 6, postLarge: 1, postStored: 4, postBatch: 2, postKeyed: 2, repeat: 6, reword: 5, contradict: 6, borrow: 5, postUnwanted: 2, forge: 4,
			deliver: 12, flow: 34, meet: 6, waitSeconds: 4, reappear: 2, redrive: 3, loseObject: 2, spoilObject: 1,
		}),
		[]verdict{fails, isLost, diesBefore, diesAfter, isPartial},
	},
	{ // days that pass
		weighted(map[kind]int{
			post: 6, repeat: 3, contradict: 4, borrow: 2, forge: 1, exhaust: 2,
			deliver: 10, flow: 30, meet: 4, waitSeconds: 2, waitHours: 5, waitDays: 8, reappear: 2, redrive: 4, maintainTables: 8,
		}),
		[]verdict{fails, isLost, diesBefore, diesAfter, isPartial},
	},
	{ // users that are erased
		weighted(map[kind]int{
			post: 6, postLarge: 1, postStored: 5, postKeyed: 1, repeat: 4, reword: 1, contradict: 3, borrow: 4, postUnwanted: 1,
			deliver: 12, flow: 34, meet: 12, land: 1, waitSeconds: 5, waitHours: 1, waitDays: 1, reappear: 2, redrive: 3, maintainTables: 1, eraseUser: 7, loseObject: 1,
		}),
		[]verdict{fails, isLost, comesLate, diesBefore, diesAfter, isPartial},
	},
	{ // messages that end the process
		weighted(map[kind]int{
			post: 6, repeat: 2, contradict: 1, postKiller: 2, deliver: 16, flow: 30, meet: 3, waitSeconds: 14, redrive: 1, exhaust: 1,
		}),
		[]verdict{fails, isPartial, comesLate},
	},
}

func (w weather) steps() *rapid.Generator[[]step] {
	kinds, verdicts := rapid.SampledFrom(w.kinds), rapid.SampledFrom(w.verdicts)
	which, mask := rapid.IntRange(0, 63), rapid.Uint8()
	one := rapid.Custom(func(t *rapid.T) step {
		s := step{kind: kinds.Draw(t, "kind"), which: which.Draw(t, "which"), mask: mask.Draw(t, "mask")}
		if s.kind == meet {
			s.fault = verdicts.Draw(t, "fault")
		}
		return s
	})
	return rapid.SliceOfN(one, shortest, longest)
}

// shortest and longest bound the steps of a schedule.
const shortest, longest = 40, 200

// schedules draws schedules.
func schedules() *rapid.Generator[schedule] {
	var steps []*rapid.Generator[[]step]
	for _, w := range weathers {
		steps = append(steps, w.steps())
	}
	kinds, sizes, limits := rapid.IntRange(0, len(weathers)-1), rapid.IntRange(1, 6), rapid.IntRange(4, 40)
	return rapid.Custom(func(t *rapid.T) schedule {
		s := schedule{batch: sizes.Draw(t, "batch"), inFlight: limits.Draw(t, "in flight")}
		weather := kinds.Draw(t, "weather")
		s.steps = steps[weather].Draw(t, "steps")
		return s
	})
}
