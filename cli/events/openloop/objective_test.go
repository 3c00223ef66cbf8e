package openloop

import (
	"testing"
	"time"
)

func TestObjective_is_parsed_and_judged(t *testing.T) {
	t.Parallel()
	f := newFigures(0)
	f.Accepted, f.Errors = 999, 1
	f.AcceptedIn.ObserveMany(10*time.Millisecond, 989)
	f.AcceptedIn.ObserveMany(100*time.Millisecond, 10)
	f.StoredIn.ObserveMany(2*time.Second, 1)
	for text, want := range map[string]struct {
		met   bool
		took  time.Duration
		share float64
	}{
		"accepted.p50<10ms":      {false, 10 * time.Millisecond, 0},
		"accepted.p50<=11ms":     {true, 10 * time.Millisecond, 0},
		"accepted.p98.9 < 11ms":  {true, 10 * time.Millisecond, 0},
		"accepted.p99.1<100ms":   {false, 100 * time.Millisecond, 0},
		"accepted.max<=100ms":    {true, 100 * time.Millisecond, 0},
		"accepted.max<100.001ms": {true, 100 * time.Millisecond, 0},
		"stored.p99.9<2.1s":      {true, 2 * time.Second, 0},
		"stored.max<2s":          {false, 2 * time.Second, 0},
		"errors<0.1%":            {false, 0, 0.001},
		"errors<=0.1%":           {true, 0, 0.001},
		"errors<1%":              {true, 0, 0.001},
		"errors<=0%":             {false, 0, 0.001},
	} {
		got := objectives(t, text)[0].judge(f)
		if off := (got.Took - want.took).Abs(); got.Met != want.met || off > want.took/1000 || got.Share != want.share || !got.Measured {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	for _, o := range objectives(t, "accepted.max<1h", "stored.max<1h", "errors<=100%") {
		if got := o.judge(newFigures(0)); got.Met || got.Measured {
			t.Errorf("nothing happened: %+v", got)
		}
	}
}

func TestObjective_says_what_is_wrong(t *testing.T) {
	t.Parallel()
	const none = " is not an objective such as accepted.p99<100ms, stored.max<5s or errors<0.1%"
	for text, want := range map[string]string{
		"":                 `""` + none,
		"accepted.p99":     `"accepted.p99"` + none,
		"accepted.p99>1s":  `"accepted.p99>1s"` + none,
		"accepted<1s":      `"accepted<1s"` + none,
		"latency.p99<1s":   `"latency.p99<1s"` + none,
		"errors.p99<1%":    `"errors.p99<1%"` + none,
		"accepted.mean<1s": `"accepted.mean<1s"` + none,
		"accepted.p0<1s":   `"accepted.p0<1s" has the percentile 0, it must be more than 0 and less than 100`,
		"accepted.p100<1s": `"accepted.p100<1s" has the percentile 100, it must be more than 0 and less than 100`,
		"accepted.p99<100": `"accepted.p99<100" has the limit "100", which is not a time such as 100ms or 2.5s`,
		"accepted.p99<0s":  `"accepted.p99<0s" has the limit "0s", which is not a time such as 100ms or 2.5s`,
		"stored.max<1%":    `"stored.max<1%" has the limit "1%", which is not a time such as 100ms or 2.5s`,
		"errors<1":         `"errors<1" has the limit "1", which is not a share of the events such as 0.1%, 0% to 100%`,
		"errors<101%":      `"errors<101%" has the limit "101%", which is not a share of the events such as 0.1%, 0% to 100%`,
		"errors<NaN%":      `"errors<NaN%" has the limit "NaN%", which is not a share of the events such as 0.1%, 0% to 100%`,
		"errors<1s":        `"errors<1s" has the limit "1s", which is not a share of the events such as 0.1%, 0% to 100%`,
	} {
		var o Objective
		if err := o.UnmarshalText([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
