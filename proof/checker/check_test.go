package checker_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/proof/checker"
)

const (
	good     = `{"event_id":"good","amount":1.50}`
	reworded = `{"amount":1.50, "event_id":"good"}`
	other    = `{"event_id":"good","amount":2.50}`
	poison   = `{}`
)

func sent(id, payload, meaning string, code fault.Code) checker.Sent {
	return checker.Sent{ID: id, SHA256: event.Hash([]byte(payload)), Meaning: meaning, Code: code, Accepted: true}
}

// honest is the evidence of a run in which all went well: an event, sent again in other
// words; another event under the same id; poison; an event whose answer was lost.
func honest() checker.Evidence {
	unanswered := sent("unanswered", good, "first", "")
	unanswered.Accepted = false
	return checker.Evidence{
		Sent: []checker.Sent{
			sent("good", good, "first", ""), sent("good", good, "first", ""), sent("good", reworded, "first", ""),
			sent("good", other, "second", ""), sent("poison", poison, "first", fault.InvalidEvent), unanswered,
		},
		Rows: []checker.Row{
			{ID: "good", SHA256: event.Hash([]byte(reworded)), Payload: []byte(reworded)},
			{ID: "unanswered", SHA256: event.Hash([]byte(good)), Payload: []byte(good)},
		},
		Keys: []checker.Key{{ID: "good", Status: "success"}, {ID: "unanswered", Status: "success"}, {ID: "poison", Status: "failed", Code: fault.InvalidEvent}},
		Letters: []checker.Letter{
			{ID: "good", SHA256: event.Hash([]byte(other)), Code: fault.IdempotencyConflict},
			{ID: "poison", SHA256: event.Hash([]byte(poison)), Code: fault.InvalidEvent},
			{ID: "poison", SHA256: event.Hash([]byte(poison)), Code: fault.InvalidEvent},
		},
		Announcements: []checker.Announcement{
			{ID: "good", SHA256: event.Hash([]byte(reworded))}, {ID: "good", SHA256: event.Hash([]byte(reworded))},
			{ID: "unanswered", SHA256: event.Hash([]byte(good))},
		},
	}
}

func TestCheck_finds_nothing_in_an_honest_run(t *testing.T) {
	t.Parallel()
	got := checker.Check(honest())
	if err := got.Err(10); err != nil {
		t.Error(err)
	}
	want := checker.Result{Accepted: 3, Stored: 1, DeadLettered: 2, Unanswered: 1, Repeated: 2}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestCheck_finds_what_is_wrong doctors the evidence as each mistake of a platform would.
func TestCheck_finds_what_is_wrong(t *testing.T) {
	t.Parallel()
	without := func(rows []checker.Row, id string) []checker.Row {
		return slices.DeleteFunc(rows, func(r checker.Row) bool { return r.ID == id })
	}
	for name, c := range map[string]struct {
		doctor func(e *checker.Evidence)
		want   string
	}{
		"acknowledged before the commit, and crashed: an event is nowhere": {
			func(e *checker.Evidence) {
				e.Rows, e.Keys, e.Announcements = e.Rows[1:], e.Keys[1:], e.Announcements[2:]
				e.Letters = e.Letters[1:]
			}, "lost good, lost good"},
		"a partition dropped too early: its rows are gone, its keys and announcements are not": {
			func(e *checker.Evidence) { e.Rows = without(e.Rows, "good") },
			`wrong code good, lost good, premature good, premature good, wrong key good`},
		"a partition dropped too early, with what nobody confirmed in it": {
			func(e *checker.Evidence) { e.Rows = without(e.Rows, "unanswered") },
			`premature unanswered, wrong key unanswered`},
		"inserted without ON CONFLICT: two rows": {
			func(e *checker.Evidence) { e.Rows = append(e.Rows, e.Rows[0]) }, "double good"},
		"published before the commit, and crashed: announced and not stored": {
			func(e *checker.Evidence) {
				e.Announcements = append(e.Announcements, checker.Announcement{ID: "poison", SHA256: event.Hash([]byte(poison))})
			}, "premature poison"},
		"published before the commit, and stored by a later delivery": {
			func(e *checker.Evidence) {
				e.Rows[1].StoredAt = time.Date(2026, 11, 30, 12, 0, 1, 0, time.UTC)
				e.Announcements[2].At = e.Rows[1].StoredAt.Add(-time.Millisecond)
			}, "premature unanswered"},
		"a mark lost: stored without its key": {
			func(e *checker.Evidence) { e.Keys = e.Keys[1:] }, "wrong key good"},
		"a key is left in work": {
			func(e *checker.Evidence) { e.Keys[0].Status = "processing" }, "wrong key good"},
		"acknowledged before the publication, and crashed: nobody was told": {
			func(e *checker.Evidence) { e.Announcements = e.Announcements[2:] }, "unannounced good"},
		"a row that nobody sent": {
			func(e *checker.Evidence) {
				e.Rows = append(e.Rows, checker.Row{ID: "ghost", SHA256: event.Hash([]byte(good)), Payload: []byte(good)})
			}, "ghost ghost, unannounced ghost, wrong key ghost"},
		"an announcement that nobody sent": {
			func(e *checker.Evidence) {
				e.Announcements = append(e.Announcements, checker.Announcement{ID: "ghost"})
			}, "ghost ghost"},
		"a letter that nobody sent": {
			func(e *checker.Evidence) {
				e.Letters = append(e.Letters, checker.Letter{ID: "poison", SHA256: "00", Code: fault.InvalidEvent})
			}, "ghost poison"},
		"poison is stored": {
			func(e *checker.Evidence) {
				e.Rows = append(e.Rows, checker.Row{ID: "poison", SHA256: event.Hash([]byte(poison)), Payload: []byte(poison)})
				e.Keys[2] = checker.Key{ID: "poison", Status: "success"}
				e.Announcements = append(e.Announcements, checker.Announcement{ID: "poison", SHA256: event.Hash([]byte(poison))})
			}, "ghost poison"},
		"poison is acknowledged and not sent to the DLQ": {
			func(e *checker.Evidence) { e.Letters = e.Letters[:1] }, "lost poison, wrong key poison"},
		"the code of a letter is another": {
			func(e *checker.Evidence) {
				e.Letters[1].Code, e.Letters[2].Code = fault.HashMismatch, fault.HashMismatch
				e.Keys[2].Code = fault.HashMismatch
			}, "wrong code poison"},
		"the code of the key is another": {
			func(e *checker.Evidence) { e.Keys[2].Code = fault.HashMismatch }, "wrong key poison"},
		"a conflict is in the DLQ by another code": {
			func(e *checker.Evidence) { e.Letters[0].Code = fault.InvalidEvent }, "wrong code good"},
		"stored, and sent to the DLQ too": {
			func(e *checker.Evidence) {
				e.Letters = append(e.Letters, checker.Letter{ID: "unanswered", SHA256: event.Hash([]byte(good)), Code: fault.ProcessorEnded})
			}, "both unanswered"},
		"one byte of the payload is another": {
			func(e *checker.Evidence) { e.Rows[0].Payload = []byte(strings.ToUpper(reworded)) }, "wrong bytes good"},
		"the row has the hash of something else": {
			func(e *checker.Evidence) {
				e.Rows[1].SHA256, e.Rows[1].Payload = event.Hash([]byte(poison)), []byte(poison)
				e.Announcements[2].SHA256 = event.Hash([]byte(poison))
			}, "wrong bytes unanswered"},
		"the object of a row is gone": {
			func(e *checker.Evidence) { e.Rows[1].Missing, e.Rows[1].Payload = "404", nil }, "wrong bytes unanswered"},
		"announced with the hash of something else": {
			func(e *checker.Evidence) { e.Announcements[2].SHA256 = event.Hash([]byte(other)) }, "wrong bytes unanswered"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			evidence := honest()
			c.doctor(&evidence)
			var got []string
			for _, f := range checker.Check(evidence).Findings {
				got = append(got, string(f.Kind)+" "+f.ID)
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("it found %s, want %s", strings.Join(got, ", "), c.want)
			}
		})
	}
}

func TestErr_counts_all_and_names_a_few(t *testing.T) {
	t.Parallel()
	var evidence checker.Evidence
	for i := range 20 {
		evidence.Sent = append(evidence.Sent, sent(fmt.Sprintf("event-%02d", i), good, "first", ""))
	}
	evidence.Rows = []checker.Row{{ID: "zz", SHA256: event.Hash([]byte(good)), Payload: []byte(good)}}
	evidence.Keys = []checker.Key{{ID: "zz", Status: "success"}}
	evidence.Announcements = []checker.Announcement{{ID: "zz", SHA256: event.Hash([]byte(good))}}
	err := checker.Check(evidence).Err(2)
	want := "the run is wrong: 20 lost: event-00 (sent 00:00:00.000, in no table and not in the DLQ), event-01 (sent 00:00:00.000, in no table and not in the DLQ)" +
		"; 2 ghost: zz (a row that nobody sent), zz (announced, and nobody sent it)"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
