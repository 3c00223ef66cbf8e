package simulation

import (
	"slices"
	"strings"
	"testing"
)

// shrink returns the smallest schedule it finds that breaks the promise which s breaks,
// and its run. It leaves out stretches of steps, shorter and shorter ones, and then makes
// the choices of those that are left the first ones. A step has a meaning whatever is left
// out before it, so that this gets further, in less time, than rapid's own shrinking of
// what s was drawn from.
func shrink(t *testing.T, s schedule, changes ...change) (schedule, result) {
	t.Helper()
	first := run(t, s, changes...)
	if len(first.broken) == 0 {
		t.Fatalf("it breaks no promise: %s", s)
	}
	promise := kindOf(first.broken[0])
	breaks := func(candidate schedule) bool {
		r := run(t, candidate, append(slices.Clone(changes), untraced)...)
		return len(r.broken) > 0 && kindOf(r.broken[0]) == promise
	}
	for before := -1; before != len(s.steps); {
		before = len(s.steps)
		for size := max(before/2, 1); size > 0; size /= 2 {
			s.steps = withoutStretches(s, size, breaks)
		}
	}
	for i := range s.steps {
		simplify(&s, i, breaks)
	}
	return s, run(t, s, changes...)
}

// withoutStretches leaves out each stretch of some length without which the promise is
// still broken.
func withoutStretches(s schedule, size int, breaks func(schedule) bool) []step {
	for from := 0; from < len(s.steps); {
		candidate := s
		candidate.steps = slices.Concat(s.steps[:from], s.steps[min(from+size, len(s.steps)):])
		if breaks(candidate) {
			s = candidate
		} else {
			from += size
		}
	}
	return s.steps
}

// simplify makes the numbers of a step 0 where that changes nothing.
func simplify(s *schedule, i int, breaks func(schedule) bool) {
	for _, simpler := range []func(*step){
		func(one *step) { one.which = 0 },
		func(one *step) { one.mask = 0 },
		func(one *step) {
			if one.kind == meet {
				one.fault = fails
			}
		},
	} {
		candidate := *s
		candidate.steps = slices.Clone(s.steps)
		simpler(&candidate.steps[i])
		if candidate.steps[i] != s.steps[i] && breaks(candidate) {
			*s = candidate
		}
	}
}

// kindOf leaves of a broken promise the words that do not depend on names and numbers.
func kindOf(broken string) string {
	words := slices.DeleteFunc(strings.Fields(broken), func(word string) bool { return strings.ContainsAny(word, "0123456789") })
	return strings.Join(words, " ")
}
