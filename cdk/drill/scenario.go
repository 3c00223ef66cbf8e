package drill

import (
	"slices"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/simulated"
	"github.com/fluxa/fluxa/cdk/stage"
)

// Scenario is a day on which something breaks, or nothing.
type Scenario struct {
	Name, About string
	// Before is how long all is well first, and After how long it is looked on from then.
	Before, After time.Duration
	// Traffic is how many events come a minute before.
	Traffic float64
	// Break is called when it breaks; nil for a day on which nothing does, and on which
	// no alarm may fire.
	Break func(w *simulated.World, s stage.Stage)
	// Plan is called at the begin, for what happens on such a day.
	Plan func(w *simulated.World, from time.Time)
	// Of says of which stages it is a day; nil for all.
	Of func(s stage.Stage) bool
	// Within is how soon an alarm must fire; default Within.
	Within time.Duration
}

// Within is how soon after something broke an alarm must fire.
const Within = 5 * time.Minute

// Of returns the days of a stage.
func Of(s stage.Stage) []Scenario {
	return slices.DeleteFunc(Scenarios(), func(one Scenario) bool { return one.Of != nil && !one.Of(s) })
}

// Scenarios are the days of the drill.
func Scenarios() []Scenario {
	return append(outages(), daily()...)
}

// outages are days on which events do not get through, and the week on which they do.
func outages() []Scenario {
	short := func(s Scenario) Scenario {
		s.Before, s.After = time.Hour, 20*time.Minute
		return s
	}
	return []Scenario{
		{
			Name: "database-outage", About: "the database cannot be reached, at one event a minute", Traffic: 1, Before: time.Hour, After: 2 * time.Hour,
			Break: func(w *simulated.World, _ stage.Stage) { w.Faults.Database = true },
		},
		short(Scenario{
			Name: "release-panics", About: "a release of the processor panics on every batch", Traffic: 20,
			Break: func(w *simulated.World, s stage.Stage) { release(w, s, simulated.Release{Panics: true}) },
		}),
		short(Scenario{
			Name: "release-crashes", About: "a release of the processor exits before it begins", Traffic: 20,
			Break: func(w *simulated.World, s stage.Stage) { release(w, s, simulated.Release{Crashes: true}) },
		}),
		short(Scenario{
			Name: "poison-flood", About: "two messages a second on the queue are no events", Traffic: 1,
			Break: func(w *simulated.World, _ stage.Stage) { w.Traffic(1, 120) },
		}),
		short(Scenario{
			Name: "topic-down", About: "SNS takes no notifications", Traffic: 1,
			Break: func(w *simulated.World, _ stage.Stage) { w.Faults.Topic = true },
		}),
		short(Scenario{
			Name: "subscriber-gone", About: "SNS cannot deliver to a subscriber", Traffic: 1,
			Break: func(w *simulated.World, _ stage.Stage) { w.Faults.Subscribers = true },
		}),
		{
			Name: "partitions", About: "maintain cannot make partitions any more", Traffic: 1, Before: 24*time.Hour - time.Minute, After: 4 * time.Hour,
			Break: func(w *simulated.World, _ stage.Stage) { w.Faults.Partitions = true },
		},
		{
			Name: "lagging-queue", About: "statements take 25 s, and twice as many events come as the processor stores", Traffic: 1, Before: time.Hour, After: 8 * time.Minute,
			Break: func(w *simulated.World, s stage.Stage) {
				w.Faults.DatabaseTakes = slowStatement
				capacity := float64(s.Functions.Processor.MaximumConcurrency*s.Queue.BatchSize) / slowStatement.Minutes()
				w.Traffic(2*capacity, 0)
			},
		},
		{
			Name: "quiet-week", About: "an event a minute by day, none by night, and now and then a retry", Traffic: 1, After: 7 * 24 * time.Hour,
			Plan: quiet,
		},
	}
}

const slowStatement = 25 * time.Second

// release brings a version out as the stage does: a tenth of the invocations for five
// minutes, then all. CodeDeploy, which would take it back, is not simulated.
func release(w *simulated.World, s stage.Stage, broken simulated.Release) {
	broken.Share = 1
	if s.Release != stage.AllAtOnce {
		broken.Share = 0.1
		w.At(w.Now().Add(5*time.Minute), func() { w.Faults.Release.Share = 1 })
	}
	w.Faults.Release = broken
}

// quiet plans nights and weekends without events, and by day a statement every three
// hours that fails once.
func quiet(w *simulated.World, from time.Time) {
	for day := range 7 {
		morning := from.Truncate(24*time.Hour).AddDate(0, 0, day).Add(7 * time.Hour)
		w.At(morning.Add(-7*time.Hour), func() { w.Traffic(0, 0) })
		if weekday := morning.Weekday(); weekday == time.Saturday || weekday == time.Sunday {
			continue
		}
		w.At(morning, func() { w.Traffic(1, 0) })
		for hiccup := morning.Add(time.Hour); hiccup.Before(morning.Add(12 * time.Hour)); hiccup = hiccup.Add(3 * time.Hour) {
			w.At(hiccup, func() { w.Faults.Hiccup = true })
		}
		w.At(morning.Add(13*time.Hour), func() { w.Traffic(0, 0) })
	}
}
