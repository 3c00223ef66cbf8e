package simulation

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The flags of `make simulate`.
var (
	firstSeed = flag.Int("seed", 1, "the `seed` of the first schedule; the others follow")
	count     = flag.Int("schedules", defaultSchedules, "how `many` schedules to run")
	forTime   = flag.Duration("time", 0, "run schedules for so long, whatever -schedules says")
	showTrace = flag.Bool("show", false, "print what happens in the first schedule, line by line")
	shrinks   = flag.Bool("shrink", true, "shrink a schedule that breaks a promise")
	keepGoing = flag.Bool("all", false, "go on after a schedule that breaks a promise, and print every seed of one")
)

// TestSchedules_break_no_promise runs schedules on all cores. Of those that break a
// promise it shrinks the one with the lowest seed, and prints it.
func TestSchedules_break_no_promise(t *testing.T) {
	if *showTrace {
		r := run(t, schedules().Example(*firstSeed))
		fmt.Println(strings.Join(r.trace, "\n"))
	}
	x := explore(t)
	t.Logf("%d schedules from seed %d, %d events in them, in %s", x.ran.Load(), *firstSeed, x.events.Load(), time.Since(x.began).Round(time.Millisecond))
	if len(x.failed) == 0 {
		return
	}
	for seed, broken := range x.failed {
		t.Errorf("seed %d: %s", seed, broken)
	}
	lowest := x.lowest()
	t.Logf(foundWith+"%d, of seed %d", lowest-*firstSeed+1, lowest)
	if !*shrinks {
		return
	}
	smallest, r := shrink(t, schedules().Example(lowest))
	t.Logf("the smallest schedule that breaks it: %s\n%s", smallest, strings.Join(r.trace, "\n"))
}

// foundWith precedes the number of the schedule that broke a promise.
const foundWith = "found with schedule "

// exploration is the running of many schedules.
type exploration struct {
	began  time.Time
	next   atomic.Int64 // schedules begun
	ran    atomic.Int64
	events atomic.Int64

	mu     sync.Mutex
	failed map[int]string // by seed, the promise that is broken
}

func explore(t *testing.T) *exploration {
	x := &exploration{began: time.Now(), failed: map[int]string{}}
	stop := make(chan struct{})
	go x.report(stop)
	defer close(stop)
	t.Run("workers", func(t *testing.T) {
		for n := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				x.work(t)
			})
		}
	})
	return x
}

// work runs schedules until there are enough.
func (x *exploration) work(t *testing.T) {
	generator := schedules()
	for {
		n := int(x.next.Add(1)) - 1
		if *forTime == 0 && n >= *count || *forTime > 0 && time.Since(x.began) > *forTime {
			return
		}
		if lowest := x.lowest(); lowest > 0 && !*keepGoing {
			return
		}
		seed := *firstSeed + n
		r := run(t, generator.Example(seed), untraced)
		x.ran.Add(1)
		x.events.Add(int64(r.events))
		if len(r.broken) > 0 {
			x.mu.Lock()
			x.failed[seed] = r.broken[0]
			x.mu.Unlock()
		}
	}
}

// lowest returns the lowest seed that failed, 0 if none did.
func (x *exploration) lowest() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	lowest := 0
	for seed := range x.failed {
		if lowest == 0 || seed < lowest {
			lowest = seed
		}
	}
	return lowest
}

// report prints the progress of a long run.
func (x *exploration) report(stop chan struct{}) {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			fmt.Fprintf(os.Stderr, "%s: %d schedules, lowest seed that failed: %d\n", time.Since(x.began).Round(time.Second), x.ran.Load(), x.lowest())
		}
	}
}
