package simulation

import (
	"slices"
	"strings"
	"testing"
)

// Two runs of a schedule must not differ in a line: else a seed would replay nothing.
func TestRun_is_a_function_of_the_schedule(t *testing.T) {
	t.Parallel()
	for seed := range min(150, defaultSchedules/4) {
		s := schedules().Example(seed + 1)
		first := run(t, s)
		if !slices.Equal(s.steps, schedules().Example(seed+1).steps) {
			t.Fatalf("seed %d gives two schedules", seed+1)
		}
		for range 2 {
			if again := run(t, s); !slices.Equal(first.trace, again.trace) {
				t.Fatalf("seed %d: %s", seed+1, firstDifference(first.trace, again.trace))
			}
		}
	}
}

func firstDifference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "\n" + a[i] + "\nand then\n" + b[i]
		}
	}
	return "one trace is longer"
}

// A mapping that deletes whatever it is told has every schedule with a failure lose
// events. What is left of one is little, and it breaks the same promise each time.
func TestShrink_leaves_the_steps_that_matter(t *testing.T) {
	t.Parallel()
	mistake := func(w *world) { w.ignoresFailures = true }
	seed := 1
	for len(run(t, schedules().Example(seed), mistake).broken) == 0 {
		if seed++; seed > 1_000 {
			t.Fatal("no schedule shows the mistake")
		}
	}
	whole := schedules().Example(seed)
	smallest, r := shrink(t, whole, mistake)
	if len(smallest.steps) > 10 || len(smallest.steps) >= len(whole.steps) {
		t.Errorf("of %d steps %d are left: %s", len(whole.steps), len(smallest.steps), smallest)
	}
	if len(r.broken) == 0 || !strings.Contains(r.broken[0], "is deleted") {
		t.Fatalf("broken: %q", r.broken)
	}
	for range 3 {
		if again := run(t, smallest, mistake); !slices.Equal(r.trace, again.trace) {
			t.Errorf("it does not replay: %s", firstDifference(r.trace, again.trace))
		}
	}
	if right := run(t, smallest); len(right.broken) > 0 {
		t.Errorf("without the mistake: %q", right.broken)
	}
}
