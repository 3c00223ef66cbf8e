package simulation

import (
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// What a processor needs is away for an hour of simulated time, under load: five small
// events and five whose payload lies in the bucket before it, then an event a minute and
// poison every ten minutes. What cannot be finished waits, within a tenth of the deliveries
// that a message has, and two minutes after the outage nothing waits and nothing is lost.
func TestOutage_of_an_hour_loses_nothing_and_is_over_two_minutes_after_it(t *testing.T) {
	const before, minutes, poison = 5, 60, 6
	good := 2*before + minutes
	of := func(code fault.Code) func(*call) bool {
		return func(c *call) bool { return c.failure == code && c.op != "send to the DLQ" && c.op != "postpone" }
	}
	for name, c := range map[string]struct {
		away                             func(*call) bool
		rows, announced, letters, queued int // when it has lasted for an hour
	}{
		"the database": {of(fault.DatabaseUnavailable), 0, 0, 0, good + poison},
		"S3":           {of(fault.StorageUnavailable), good - before, good - before, poison, before},
		"SNS":          {of(fault.NotifierUnavailable), good, 0, poison, good},
		"the DLQ":      {func(c *call) bool { return c.op == "send to the DLQ" }, good, good, 0, poison},
	} {
		t.Run(name, func(t *testing.T) {
			scenario(t, ofTen(1_000), func(t *testing.T, w *world) {
				for range before {
					w.accept(post, postStored)
				}
				fate := func(met *call) verdict {
					if c.away(met) {
						return fails
					}
					return succeeds
				}
				for minute := range minutes {
					w.accept(post)
					if minute%(minutes/poison) == 0 {
						w.take(step{kind: forge, which: 3})
					}
					next := time.Now().Add(time.Minute)
					w.serve(next, fate)
					w.pass(time.Until(next))
				}
				state := func() []int {
					return []int{len(w.store.Events()), len(w.ledger.published), len(w.letters.messages), len(w.queue.messages)}
				}
				expect(t, "rows, announced, letters, messages after an hour", state(), []int{c.rows, c.announced, c.letters, c.queued})
				for _, m := range w.queue.messages {
					if m.receives > contract.MaxReceives/10 {
						t.Errorf("message %s was delivered %d times in an hour, and it has %d", m.id, m.receives, contract.MaxReceives)
					}
				}
				w.serve(time.Now().Add(2*time.Minute), func(*call) verdict { return succeeds })
				expect(t, "rows, announced, letters, messages two minutes later", state(), []int{good, good, poison, 0})
			})
		})
	}
}
