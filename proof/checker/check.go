package checker

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Kind is a way in which a run can be wrong.
type Kind string

// The kinds.
const (
	Lost        Kind = "lost"        // accepted, and neither stored nor in the DLQ
	Double      Kind = "double"      // stored more than once
	Ghost       Kind = "ghost"       // stored, announced or in the DLQ, and sent by nobody
	Both        Kind = "both"        // stored, and in the DLQ too
	WrongCode   Kind = "wrong code"  // in the DLQ by another code than it must be
	WrongBytes  Kind = "wrong bytes" // the payload is not the one that was sent
	Unannounced Kind = "unannounced" // stored, and no subscriber was told
	Premature   Kind = "premature"   // announced, and not stored, or not stored by then
	WrongKey    Kind = "wrong key"   // the idempotency key says something else than the tables and the DLQ
)

// Kinds lists every kind, in the order of a report.
func Kinds() []Kind {
	return []Kind{Lost, Double, Ghost, Both, WrongCode, WrongBytes, Unannounced, Premature, WrongKey}
}

// Finding is one thing that is wrong with one id.
type Finding struct {
	Kind   Kind   `json:"kind"`
	ID     string `json:"id"`
	Detail string `json:"detail"`
}

// Result is what a check found. The numbers count payloads that were accepted, of
// distinct id and meaning: Accepted = Stored + DeadLettered when nothing is wrong.
type Result struct {
	Accepted     int `json:"accepted"`
	Stored       int `json:"stored"`
	DeadLettered int `json:"dead_lettered"`
	// Unanswered counts ids that are stored although no client was told so: the answer
	// was lost.
	Unanswered int `json:"unanswered"`
	// Repeated counts the announcements and letters that came more than once, which they
	// may.
	Repeated int       `json:"repeated"`
	Findings []Finding `json:"findings"`
}

// Counts returns how many findings there are of each kind.
func (r Result) Counts() map[Kind]int {
	out := map[Kind]int{}
	for _, f := range r.Findings {
		out[f.Kind]++
	}
	return out
}

// Err returns an error that counts each kind of finding and names up to limit ids of it,
// or nil when nothing is wrong.
func (r Result) Err(limit int) error {
	if len(r.Findings) == 0 {
		return nil
	}
	var parts []string
	counts := r.Counts()
	for _, kind := range Kinds() {
		if counts[kind] == 0 {
			continue
		}
		var named []string
		for _, f := range r.Findings {
			if f.Kind == kind && len(named) < limit {
				named = append(named, f.ID+" ("+f.Detail+")")
			}
		}
		parts = append(parts, fmt.Sprintf("%d %s: %s", counts[kind], kind, strings.Join(named, ", ")))
	}
	return fmt.Errorf("the run is wrong: %s", strings.Join(parts, "; "))
}

// dossier is the evidence of one id.
type dossier struct {
	id            string
	sent          []Sent
	rows          []Row
	keys          []Key
	letters       []Letter
	announcements []Announcement
	result        *Result
}

// Check compares the evidence, id by id.
func Check(e Evidence) Result {
	var result Result
	ids := map[string]*dossier{}
	of := func(id string) *dossier {
		if ids[id] == nil {
			ids[id] = &dossier{id: id, result: &result}
		}
		return ids[id]
	}
	for _, s := range e.Sent {
		of(s.ID).sent = append(of(s.ID).sent, s)
	}
	for _, r := range e.Rows {
		of(r.ID).rows = append(of(r.ID).rows, r)
	}
	for _, k := range e.Keys {
		of(k.ID).keys = append(of(k.ID).keys, k)
	}
	for _, l := range e.Letters {
		of(l.ID).letters = append(of(l.ID).letters, l)
	}
	for _, a := range e.Announcements {
		of(a.ID).announcements = append(of(a.ID).announcements, a)
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		ids[id].check()
	}
	return result
}

func (d *dossier) find(kind Kind, format string, arguments ...any) {
	d.result.Findings = append(d.result.Findings, Finding{kind, d.id, fmt.Sprintf(format, arguments...)})
}

func (d *dossier) check() {
	d.checkRows()
	d.checkLetters()
	d.checkSent()
	d.checkAnnouncements()
	d.checkKey()
}

// payload returns what was sent with a hash.
func (d *dossier) payload(hash string) (Sent, bool) {
	at := slices.IndexFunc(d.sent, func(s Sent) bool { return s.SHA256 == hash })
	if at < 0 {
		return Sent{}, false
	}
	return d.sent[at], true
}

func (d *dossier) checkRows() {
	if len(d.rows) > 1 {
		d.find(Double, "%d rows", len(d.rows))
	}
	for _, row := range d.rows {
		sent, known := d.payload(row.SHA256)
		switch hash := event.Hash(row.Payload); {
		case len(d.sent) == 0:
			d.find(Ghost, "a row that nobody sent")
		case !known:
			d.find(WrongBytes, "the row's hash %.8s was sent by nobody", row.SHA256)
		case sent.Code != "":
			d.find(Ghost, "stored, and it must end in the DLQ as %s", sent.Code)
		case row.Missing != "":
			d.find(WrongBytes, "the payload cannot be read: %s", row.Missing)
		case hash != row.SHA256:
			d.find(WrongBytes, "the payload has the hash %.8s, its row says %.8s", hash, row.SHA256)
		}
	}
	if len(d.rows) > 0 && len(d.sent) > 0 && !slices.ContainsFunc(d.sent, func(s Sent) bool { return s.Accepted }) {
		d.result.Unanswered++
	}
}

// stored reports whether an event of this meaning has a row, and whether one of any
// meaning has.
func (d *dossier) stored(meaning string) (same, any bool) {
	for _, row := range d.rows {
		sent, known := d.payload(row.SHA256)
		same = same || known && sent.Meaning == meaning
	}
	return same, len(d.rows) > 0
}

func (d *dossier) checkLetters() {
	seen := map[Letter]bool{}
	for _, letter := range d.letters {
		if seen[letter] {
			d.result.Repeated++
			continue
		}
		seen[letter] = true
		sent, known := d.payload(letter.SHA256)
		if !known {
			d.find(Ghost, "in the DLQ as %s, and nobody sent it", letter.Code)
			continue
		}
		want := sent.Code
		if same, any := d.stored(sent.Meaning); want == "" && same {
			d.find(Both, "stored, and in the DLQ as %s", letter.Code)
			continue
		} else if want == "" && any {
			want = fault.IdempotencyConflict
		}
		if letter.Code != want {
			d.find(WrongCode, "in the DLQ as %q, want %q", letter.Code, want)
		}
	}
}

// checkSent counts what was accepted, once for each meaning, and looks for where it is.
func (d *dossier) checkSent() {
	counted := map[string]bool{}
	for _, s := range d.sent {
		if !s.Accepted || counted[s.Meaning] {
			continue
		}
		counted[s.Meaning] = true
		d.result.Accepted++
		same, _ := d.stored(s.Meaning)
		switch {
		case same:
			d.result.Stored++
		case d.deadLettered(s.Meaning):
			d.result.DeadLettered++
		default:
			d.find(Lost, "sent %s, in no table and not in the DLQ", s.At.UTC().Format("15:04:05.000"))
		}
	}
}

func (d *dossier) deadLettered(meaning string) bool {
	return slices.ContainsFunc(d.letters, func(l Letter) bool {
		sent, known := d.payload(l.SHA256)
		return known && sent.Meaning == meaning
	})
}

func (d *dossier) checkAnnouncements() {
	if len(d.rows) > 0 && len(d.announcements) == 0 {
		d.find(Unannounced, "stored, and no subscriber was told")
	}
	d.result.Repeated += max(0, len(d.announcements)-1)
	for _, a := range d.announcements {
		switch {
		case len(d.sent) == 0:
			d.find(Ghost, "announced, and nobody sent it")
		case len(d.rows) == 0:
			d.find(Premature, "announced, and not stored")
		case !slices.ContainsFunc(d.rows, func(r Row) bool { return !a.At.Before(r.StoredAt) }):
			d.find(Premature, "announced %s before it was stored", d.rows[0].StoredAt.Sub(a.At).Round(time.Millisecond))
		case !slices.ContainsFunc(d.rows, func(r Row) bool { return r.SHA256 == a.SHA256 }):
			d.find(WrongBytes, "announced with the hash %.8s, stored with %.8s", a.SHA256, d.rows[0].SHA256)
		}
	}
}

func (d *dossier) checkKey() {
	var got []string
	for _, k := range d.keys {
		got = append(got, strings.TrimSpace(k.Status+" "+string(k.Code)))
	}
	want := ""
	switch {
	case len(d.rows) > 0:
		want = "success"
	case len(d.letters) > 0:
		want = "failed " + string(d.letters[len(d.letters)-1].Code)
	}
	if have := strings.Join(got, ", "); have != want {
		d.find(WrongKey, "its key says %q, want %q", have, want)
	}
}
