package event_test

import (
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

func TestRange_Check(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		from, to time.Duration // before now
		want     string
	}{
		"an hour":              {time.Hour, event.Settled, ""},
		"empty":                {time.Hour, time.Hour, "invalid_value: from must be before to, got from 2026-03-01T11:00:00Z, to 2026-03-01T11:00:00Z"},
		"the wrong way around": {time.Hour, 2 * time.Hour, "invalid_value: from must be before to, got from 2026-03-01T11:00:00Z, to 2026-03-01T10:00:00Z"},
		"too late": {
			time.Hour, event.Settled - 1,
			"invalid_value: to must be 1m0s ago or earlier (now before 2026-03-01T11:59:00Z), since events may still be stored until then, got 2026-03-01T11:59:00.000000001Z",
		},
	} {
		err := event.Range{From: now.Add(-c.from), To: now.Add(-c.to)}.Check(now)
		if (err == nil) != (c.want == "") || err != nil && (err.Error() != c.want || fault.CodeOf(err) != fault.InvalidValue) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}
