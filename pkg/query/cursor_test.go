package query

import (
	"testing"
	"time"
)

// A cursor is what a client sends back: any text, perhaps.
func FuzzDecodeCursor(f *testing.F) {
	f.Add(encodeCursor(Position{Timestamp: time.Date(2026, 1, 31, 23, 59, 59, 123456000, time.UTC), EventID: "evt_1"}))
	f.Add("")
	f.Add("bm8gaWQ")
	f.Fuzz(func(t *testing.T, cursor string) {
		position, err := decodeCursor(cursor)
		if err != nil {
			return
		}
		again, err := decodeCursor(encodeCursor(position))
		if err != nil || !again.Timestamp.Equal(position.Timestamp) || again.EventID != position.EventID {
			t.Errorf("%q is %+v, which comes back as %+v, %v", cursor, position, again, err)
		}
	})
}
