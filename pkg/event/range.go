package event

import (
	"time"

	"github.com/fluxa/fluxa/pkg/fault"
)

// Settled is how long after its created_at an event is in the database for certain. The
// time is that of the beginning of a transaction, which its commit follows by ten seconds
// at most, the time-out of a statement; the rest is for clocks that differ.
const Settled = time.Minute

// Range is a part of the stored events: those with a created_at from From on and before
// To, of one client and of one user where it names them.
type Range struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Client *string   `json:"client,omitzero"`  // nil: of any client; empty: without a client
	UserID string    `json:"user_id,omitzero"` // empty: of any user
}

// Check returns an InvalidValue fault for a range that ends before it begins, or so late
// that events may still be added to it: whoever walks it would miss those.
func (r Range) Check(now time.Time) error {
	switch latest := now.Add(-Settled); {
	case !r.From.Before(r.To):
		return fault.Newf(fault.InvalidValue, "from must be before to, got from %s, to %s", r.From.Format(time.RFC3339Nano), r.To.Format(time.RFC3339Nano))
	case r.To.After(latest):
		return fault.Newf(fault.InvalidValue, "to must be %s ago or earlier (now before %s), since events may still be stored until then, got %s",
			Settled, latest.UTC().Format(time.RFC3339), r.To.Format(time.RFC3339Nano))
	}
	return nil
}

// Place is how far a walk through a Range has come: behind an event, or at the beginning
// of a day where ID is empty. The zero value is the beginning of the range. A walk goes by
// the day of created_at in UTC, within a day by id, then by client: an order that never
// changes, and that each day's index has.
type Place struct {
	Day    time.Time `json:"day,omitzero"`
	ID     string    `json:"id,omitzero"`
	Client string    `json:"client,omitzero"`
}

// RangePage is some of a range, of one day at most. Next is where the walk goes on unless
// Done says that it has ended. A page may be empty without being the last one.
type RangePage struct {
	Events []Stored
	Next   Place
	Done   bool
}

// StoredKey names a stored event, and the time that says in which partition it lies.
type StoredKey struct {
	Identity
	CreatedAt time.Time
}
