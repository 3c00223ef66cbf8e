package event_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text string
		want string
		err  error
	}{
		{"2026-01-31T23:59:59Z", "2026-01-31T23:59:59Z", nil},
		{"2026-01-31T23:59:59.5Z", "2026-01-31T23:59:59.5Z", nil},
		{"2026-01-31T23:59:59.123456Z", "2026-01-31T23:59:59.123456Z", nil},
		{"2026-01-31T23:59:59.999999999999Z", "2026-01-31T23:59:59.999999Z", nil},
		{"2026-01-31T23:59:59+00:00", "2026-01-31T23:59:59Z", nil},
		{"2026-01-31T23:59:59-23:59", "2026-02-01T23:58:59Z", nil},
		{"1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z", nil},
		{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", nil},
		{"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z", nil},

		{"0001-01-01T00:00:00+00:01", "", event.ErrTimeRange},
		{"0000-12-31T23:59:59Z", "", event.ErrTimeRange},
		{"9999-12-31T23:59:59-00:01", "", event.ErrTimeRange},

		{"", "", event.ErrTimeSyntax},
		{"2026-01-31", "", event.ErrTimeSyntax},
		{"2026-01-31T23:59Z", "", event.ErrTimeSyntax},
		{"2026-01-31T23:59:59", "", event.ErrTimeSyntax},
		{"2026-01-31T23:59:59,5Z", "", event.ErrTimeSyntax},
		{"2026-01-31T23:59:59.Z", "", event.ErrTimeSyntax},
		{"2026-01-31T3:59:59Z", "", event.ErrTimeSyntax},
		{"2026-01-31T24:00:00Z", "", event.ErrTimeSyntax},
		{"2026-01-31T23:59:60Z", "", event.ErrTimeLeapSecond},
		{"2026-02-29T00:00:00Z", "", event.ErrTimeSyntax},
		{"2026-13-01T00:00:00Z", "", event.ErrTimeSyntax},
		{"2026-01-31T23:59:59+24:00", "", event.ErrTimeSyntax},
		{"2026-01-31T23:59:59+02:60", "", event.ErrTimeSyntax},
		{"2026-01-31T23:59:59+0200", "", event.ErrTimeSyntax},
		{"2026-01-31t23:59:59z", "", event.ErrTimeCapitals},
		{"+2026-01-31T23:59:59Z", "", event.ErrTimeSyntax},
		{" 2026-01-31T23:59:59Z", "", event.ErrTimeSyntax},
		{"2026-01-31T23:59:59Z\n", "", event.ErrTimeSyntax},
		{"now", "", event.ErrTimeSyntax},
		{"2026-01-31T23:59:59z", "", event.ErrTimeCapitals},
		{"2026-01-31 23:59:59Z", "", event.ErrTimeSeparator},
		{"2016-12-31T23:59:60.5+01:00", "", event.ErrTimeLeapSecond},
		{"2016-12-31T23:59:61Z", "", event.ErrTimeSyntax},
		{"2016-12-31T23:60:60Z", "", event.ErrTimeSyntax},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			got, err := event.ParseTime(c.text)
			if !errors.Is(err, c.err) || fmt.Sprint(err) != fmt.Sprint(c.err) {
				t.Fatalf("ParseTime = %s, %v; want %v", got, err, c.err)
			}
			if err == nil && (got.Format(time.RFC3339Nano) != c.want || got.Location() != time.UTC) {
				t.Errorf("ParseTime = %s, want %s", got.Format(time.RFC3339Nano), c.want)
			}
		})
	}
}
