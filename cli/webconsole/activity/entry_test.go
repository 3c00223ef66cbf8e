package activity_test

import (
	"testing"

	"github.com/fluxa/fluxa/cli/webconsole/activity"
)

// A log line may be of a function that was killed while it wrote, or of anything it ran.
func FuzzParseEntry(f *testing.F) {
	f.Add([]byte(`{"timestamp":"2026-01-31T23:59:59Z","level":"INFO","message":"processed","event_id":"evt_1"}`))
	f.Add([]byte(`{"timestamp":"2026-01-31T23:59:59Z","message":1}`))
	f.Add([]byte("panic: \x1b[31m"))
	f.Fuzz(func(t *testing.T, line []byte) {
		if e, ok := activity.ParseEntry(line); ok && (e.Raw != string(line) || e.Message == "" || e.At.IsZero()) {
			t.Errorf("%q is %+v", line, e)
		}
	})
}
