package main

import (
	"context"
	"errors"
	"testing"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

// CodeDeploy judges a release by these: the function itself never fails.
func TestProcessor_counts_what_its_version_made_of_the_messages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare         func(w *world)
		edits           []func(lambdatest.Object)
		handled, failed float64
	}{
		"a good batch": {nil, nil, 2, 0},
		"one poisoned": {nil, []func(lambdatest.Object){record(1, "not an envelope", "body")}, 2, 1},
		"a database out of reach": {func(w *world) {
			w.store.BeforePersist = func(context.Context, int, []process.Record) error {
				return fault.New(fault.DatabaseUnavailable, "the database cannot be reached")
			}
		}, nil, 2, 2},
		"a topic out of reach": {func(w *world) { w.publishErr = errors.New("throttled") }, nil, 2, 2},
		"a panic": {func(w *world) {
			w.store.BeforePersist = func(context.Context, int, []process.Record) error { panic("broken") }
		}, nil, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldOf(t, "12")
			if c.prepare != nil {
				c.prepare(w)
			}
			w.process(t, c.edits...)
			w.log.Outcome(t, "12", c.handled, c.failed)
		})
	}
}
