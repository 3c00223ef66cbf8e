package rig

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Mix is what of a load is something else than a new event, as shares of the whole.
type Mix struct {
	Duplicates float64 // an event that was accepted, byte for byte
	Reworded   float64 // the same event in other words
	Conflicts  float64 // another event under an id that was accepted
	Poison     float64 // a message on the queue that is none of the platform's, or holds no event
	Large      float64 // an event whose payload lies in S3
	// LargePrefix begins the ids of large events, and LargeCode is by what they must end
	// in the DLQ; empty: they are stored.
	LargePrefix string
	LargeCode   fault.Code
}

func (m Mix) String() string {
	return fmt.Sprintf("%g %% duplicates, %g %% in other words, %g %% conflicts, %g %% poison, %g %% large",
		100*m.Duplicates, 100*m.Reworded, 100*m.Conflicts, 100*m.Poison, 100*m.Large)
}

// UsualMix is that of every scenario which does not say otherwise.
func UsualMix() Mix {
	return Mix{Duplicates: 0.10, Reworded: 0.02, Conflicts: 0.01, Poison: 0.01, Large: 0.02}
}

const (
	meaningFirst = "first"
	meaningOther = "other" // of an event that conflicts with the first of its id

	largeBytes = contract.InlineLimit + 40_000
	remembered = 500 // events that duplicates are made of
)

// item is something to send: a payload to the API, or a message to the queue.
type item struct {
	id, payload, meaning string
	code                 fault.Code
	message              string // for the queue; empty for the API
	fresh                bool   // the first of its id, to be stored
}

// maker makes up what is sent. It is not safe for concurrent use.
type maker struct {
	mix    Mix
	bucket string
	run    string
	random *rand.Rand
	made   int
	recent []draft // that were accepted
}

// draft is an event in values, to be written in one way or another.
type draft struct {
	id        string
	number    int
	at        string
	large     bool
	otherwise bool
}

func (d draft) amount() string {
	n := d.number
	if d.otherwise {
		n++
	}
	return fmt.Sprintf("%d.%02d", 1+n/100, n%100)
}

func (d draft) filling() string {
	if !d.large {
		return ""
	}
	return `,"filling":"` + strings.Repeat("Wörter ", largeBytes/8) + `"`
}

func (d draft) write() string {
	return fmt.Sprintf(`{"event_id":%q,"user_id":"user-%d","amount":%s,"currency":"EUR","merchant":"Corner Shop","timestamp":%q,"metadata":{"number":%d%s}}`,
		d.id, d.number%50, d.amount(), d.at, d.number, d.filling())
}

func (d draft) rewrite() string {
	return fmt.Sprintf("{ \"metadata\" : {\"number\":%d%s},\n \"timestamp\":%q, \"merchant\":\"Corner\\u0020Shop\", \"currency\":\"EUR\", \"amount\":%s, \"user_id\":\"user-%d\", \"event_id\":%q }",
		d.number, d.filling(), d.at, d.amount(), d.number%50, d.id)
}

// next makes the next thing to send.
func (m *maker) next(now time.Time) (item, draft) {
	m.made++
	dice := m.random.Float64()
	below := func(share float64) bool {
		dice -= share
		return dice < 0
	}
	known := draft{}
	if len(m.recent) > 0 {
		known = m.recent[m.random.IntN(len(m.recent))]
	}
	fresh := draft{id: m.id(""), number: m.made, at: now.UTC().Format(time.RFC3339)}
	switch {
	case below(m.mix.Duplicates) && known.id != "":
		return item{id: known.id, payload: known.write(), meaning: meaningFirst}, draft{}
	case below(m.mix.Reworded) && known.id != "":
		return item{id: known.id, payload: known.rewrite(), meaning: meaningFirst}, draft{}
	case below(m.mix.Conflicts) && known.id != "":
		known.otherwise = true
		return item{id: known.id, payload: known.write(), meaning: meaningOther}, draft{}
	case below(m.mix.Poison):
		return m.poison(fresh, now), draft{}
	case below(m.mix.Large):
		fresh.large = true
		fresh.id = m.id(m.mix.LargePrefix)
		return item{id: fresh.id, payload: fresh.write(), meaning: meaningFirst, code: m.mix.LargeCode, fresh: m.mix.LargeCode == ""}, draft{}
	}
	return item{id: fresh.id, payload: fresh.write(), meaning: meaningFirst, fresh: true}, fresh
}

func (m *maker) id(prefix string) string { return prefix + m.run + "-" + strconv.Itoa(m.made) }

// remember keeps an event that was accepted.
func (m *maker) remember(d draft) {
	if len(m.recent) < remembered {
		m.recent = append(m.recent, d)
		return
	}
	m.recent[m.random.IntN(remembered)] = d
}

// poison is a message that somebody else put on the queue, of each kind in turn.
func (m *maker) poison(d draft, now time.Time) item {
	payload := d.write()
	envelope := fmt.Sprintf(`{"event_id":%q,"correlation_id":%q,"payload_mode":"INLINE","payload_inline":%%s,"payload_sha256":%%q,"received_at":%q}`,
		d.id, d.id, now.UTC().Format(time.RFC3339Nano))
	out := item{id: d.id, payload: payload, meaning: meaningFirst}
	switch m.made % 4 {
	case 0:
		out.code = fault.InvalidEnvelope
		out.message = strings.Replace(fmt.Sprintf(envelope, strconv.Quote(payload), event.Hash([]byte(payload))), "INLINE", "NEITHER", 1)
	case 1:
		out.code = fault.HashMismatch
		out.message = fmt.Sprintf(envelope, strconv.Quote(payload+" "), event.Hash([]byte(payload)))
	case 2:
		out.code, out.payload = fault.InvalidEvent, fmt.Sprintf(`{"event_id":%q}`, d.id)
		out.message = fmt.Sprintf(envelope, strconv.Quote(out.payload), event.Hash([]byte(out.payload)))
	default:
		out.code = fault.PayloadMissing
		hash := event.Hash([]byte(payload))
		out.message = fmt.Sprintf(`{"event_id":%q,"correlation_id":%q,"payload_mode":"S3","payload_sha256":%q,"s3_bucket":%q,"s3_key":%q,"received_at":%q}`,
			d.id, d.id, hash, m.bucket, event.ObjectKey(event.Identity{ID: d.id}, hash), now.UTC().Format(time.RFC3339Nano))
	}
	return out
}
