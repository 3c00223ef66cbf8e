package simulation

import (
	"slices"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/ingest"
	"github.com/fluxa/fluxa/pkg/process"
)

// ledger is what the world remembers to hold the platform to its promises. Nothing in it
// comes from the reports of the use cases.
type ledger struct {
	rows      map[event.Identity]process.Record // as they were found last
	storedAt  map[event.Identity]time.Time      // of the keys
	history   map[event.Identity][]*storing
	published map[string]int    // by content
	forgotten map[*content]bool // whose letter the DLQ kept as long as it can
	crashes   map[string]int    // by message: ends of the process that were not its own doing
	keyed     []keyed
	erasures  []*erasure
}

// storing is an event that came into the tables.
type storing struct {
	content *content
	at      time.Time
	dropped bool
	erased  time.Time // when it was, zero if it was not
}

// keyed is what a caller posted without an id.
type keyed struct {
	caller  ingest.Caller
	payload string
	number  int // of the payload
	meaning int
}

func newLedger() ledger {
	return ledger{
		rows: map[event.Identity]process.Record{}, storedAt: map[event.Identity]time.Time{}, history: map[event.Identity][]*storing{},
		published: map[string]int{}, forgotten: map[*content]bool{}, crashes: map[string]int{},
	}
}

// answered takes what a client was told of an event that ingest received at a time.
func (w *world) answered(client string, received time.Time, r ingest.Receipt) {
	c := w.contents[nameOf(event.Identity{Client: client, ID: r.EventID}, r.SHA256)]
	switch {
	case r.Err == nil && c == nil:
		w.breaks("a client has a 202 for an event that nobody sent: %s", r.EventID)
	case r.Err == nil:
		w.log("202 for %s", c)
		if received.After(c.accepted) {
			c.accepted = received
		}
	case fault.KindOf(r.Err) == fault.Transient:
		w.log("503 for %s", r.EventID)
	default:
		w.breaks("a good event was not accepted: %v", r.Err)
	}
}

// persisted looks at the tables after a batch: each event is one that was sent, whole,
// one row an id, and never changes.
func (w *world) persisted(records []process.Record) {
	rows := w.store.Events()
	for id, before := range w.rows {
		if now, there := rows[id]; !there || now.SHA256 != before.SHA256 || now.Payload != before.Payload {
			w.breaks("the row of %s has changed", label(id))
		}
	}
	for _, r := range records {
		id := event.Identity{Client: r.Client, ID: r.EventID}
		key, known := w.store.Row(id)
		before, kept := w.storedAt[id]
		if known {
			w.storedAt[id] = key.StoredAt
		}
		if key.StoredAt.IsZero() || kept && before.Equal(key.StoredAt) {
			continue
		}
		if kept && !before.IsZero() {
			w.breaks("%s is stored twice, at %s and at %s", label(id), before, key.StoredAt)
		}
		w.stored(id, rows[id], key.StoredAt)
	}
	w.rows = rows
}

func (w *world) stored(id event.Identity, row process.Record, at time.Time) {
	c := w.contents[nameOf(id, row.SHA256)]
	switch {
	case c == nil || c.code != "" || c.kills || c.unwanted:
		w.breaks("a row of %s is of an event that nobody sent, or of poison", label(id))
		return
	case w.isErased(c, row.ReceivedAt):
		w.breaks("%s is stored, and its user was erased after it was accepted", c)
	case c.inBucket() && (row.Payload != "" || row.Key != c.key()), !c.inBucket() && row.Payload != c.payload:
		w.breaks("the row of %s has not the payload that was sent", label(id))
	}
	w.history[id] = append(w.history[id], &storing{content: c, at: at})
}

// publish takes a notification: its event must be in the tables by then.
func (w *world) publish(n process.Notification) {
	id := event.Identity{Client: n.Client, ID: n.EventID}
	if !slices.ContainsFunc(w.history[id], func(s *storing) bool { return s.content.sha256 == n.SHA256 }) {
		w.breaks("%s is announced and was never stored", label(id))
	}
	w.published[nameOf(id, n.SHA256)]++
}

// deadLettered takes a dead letter of an invocation.
func (w *world) deadLettered(inv *invocation, l process.DeadLetter) {
	c := w.contentOf(l.Message.Body)
	switch {
	case c == nil:
		w.breaks("the DLQ gets a message that nobody sent")
		return
	case l.Reason == "" || !w.deserves(c, l.Code, l.Message.ID):
		w.breaks("%s is in the DLQ for %q (%s)", c, l.Code, l.Reason)
	case l.Client != c.Client:
		w.breaks("the letter of %s is one of the client %q", c, l.Client)
	case w.mustBeSilent(c, l, inv):
		w.breaks("%s is in the DLQ for %q, and its user was erased before", c, l.Code)
	}
	w.letters.send(l.Message.Body, attributesOf(l), l.Message.Binary)
}

// endings is how often a message may end the process before it is given up; see
// pkg/process.
const endings = 4

// deserves reports whether a content may be in the DLQ for a code.
func (w *world) deserves(c *content, code fault.Code, messageID string) bool {
	switch {
	case code == fault.ProcessorEnded:
		// It may be taken for a killer once for each that there is, and for each crash.
		return c.kills || w.crashes[messageID]+w.killers() >= endings
	case c.code != "":
		return code == c.code
	}
	switch code {
	case fault.InvalidEvent:
		return c.unwanted
	case fault.PayloadMissing:
		return c.inBucket() && c.lost
	case fault.HashMismatch:
		return c.inBucket() && c.spoilt
	case fault.IdempotencyConflict:
		return slices.ContainsFunc(w.history[c.Identity], func(s *storing) bool {
			incomparable := s.dropped || !s.erased.IsZero() || s.content.lost || s.content.spoilt
			return s.content.sha256 != c.sha256 && (s.content.meaning != c.meaning || incomparable)
		})
	}
	return false
}

func (w *world) killers() int {
	n := 0
	for _, c := range w.order {
		if c.kills {
			n++
		}
	}
	return n
}

// countCrash notes that work on messages seems not to have ended.
func (w *world) countCrash(messageIDs []string) {
	for _, id := range messageIDs {
		w.crashes[id]++
	}
}

// checkAnswer holds an answer to the mapping against what went wrong: one message never
// makes another one run again.
func (w *world) checkAnswer(inv *invocation, failed []string) {
	for _, o := range inv.report.Outcomes {
		retried := o.Result == process.Retried
		if retried != slices.Contains(failed, o.MessageID) {
			w.breaks("message %s is %s, and the answer has it otherwise", o.MessageID, o.Result)
		}
		waits := fault.CodeOf(o.Err) == fault.DeadlineReached && w.hasKiller(inv)
		name := label(event.Identity{Client: o.Client, ID: o.EventID})
		if retried && !inv.allSuffer && !inv.suffering[name] && !waits && !w.besideErased(inv, o) {
			w.breaks("message %s of %s is retried, and nothing of it has failed: %v", o.MessageID, name, fault.CodeOf(o.Err))
		}
	}
}

// hasKiller reports whether a message of an invocation may be given up for the ends of the
// process: beside it, suspects wait.
func (w *world) hasKiller(inv *invocation) bool {
	return slices.ContainsFunc(inv.deliveries, func(d delivery) bool {
		c := w.contentOf(d.body)
		return c != nil && w.deserves(c, fault.ProcessorEnded, d.id)
	})
}

// checkSettled holds a message that is about to be deleted against the tables, the topic
// and the DLQ.
func (w *world) checkSettled(d delivery) {
	c := w.contentOf(d.body)
	if c == nil {
		w.breaks("message %s is of nobody", d.id)
		return
	}
	waits := slices.ContainsFunc(w.queue.messages, func(m *message) bool { return m.id != d.id && w.contentOf(m.body) == c })
	received := w.receivedAt(d.body)
	if w.isErased(c, received) {
		return
	}
	if !w.inDLQ(c) && !w.storedAs(c, received) && !waits {
		w.breaks("message %s of %s is deleted, and is neither stored nor in the DLQ", d.id, c)
	}
	if w.storedExactly(c) && w.published[c.String()] == 0 && !w.inDLQ(c) && !waits {
		w.breaks("message %s of %s is deleted, and was never announced", d.id, c)
	}
}

// inDLQ reports whether the DLQ has a letter of a content, or kept one as long as it can.
func (w *world) inDLQ(c *content) bool {
	return w.forgotten[c] || slices.ContainsFunc(w.letters.messages, func(m *message) bool { return w.contentOf(m.body) == c })
}

// storedAs reports whether the event of a content is or was in the tables, in whatever
// words, and was not erased before ingest received what asks for it.
func (w *world) storedAs(c *content, received time.Time) bool {
	return c.code == "" && slices.ContainsFunc(w.history[c.Identity], func(s *storing) bool {
		return s.content.meaning == c.meaning && (s.erased.IsZero() || !s.erased.Before(received))
	})
}

func (w *world) storedExactly(c *content) bool {
	return slices.ContainsFunc(w.history[c.Identity], func(s *storing) bool { return s.content == c && s.erased.IsZero() })
}

// dropped looks at the tables after a partition was dropped.
func (w *world) dropped() {
	rows := w.store.Events()
	for id := range w.rows {
		if _, there := rows[id]; there {
			continue
		}
		last := w.history[id][len(w.history[id])-1]
		last.dropped = true
		if age := time.Since(last.at); age < retention {
			w.breaks("%s is dropped when it is %s old", label(id), age)
		}
	}
	w.rows = rows
}

// pruned looks at the keys after some were deleted: neither an event nor a message of
// their ids may be left.
func (w *world) pruned() {
	for id := range w.storedAt {
		if _, known := w.store.Row(id); known {
			continue
		}
		delete(w.storedAt, id)
		if _, live := w.rows[id]; live {
			w.breaks("the key of %s is pruned, and its event is there", label(id))
		}
		for _, m := range slices.Concat(w.queue.messages, w.letters.messages) {
			if c := w.contentOf(m.body); c != nil && c.Identity == id {
				w.breaks("the key of %s is pruned, and message %s can still come", label(id), m.id)
			}
		}
	}
}

// drain lets everything succeed until the queue is empty, and then holds what there is
// against what was accepted. What SQS itself moved to the DLQ, after all receives were
// used up, an operator sends back.
func (w *world) drain() {
	w.log("the faults are over")
	w.draining = true
	for range w.late {
		w.landLate(0)
	}
	for _, m := range w.queue.messages {
		m.drained = 0
	}
	w.finishErasures()
	w.settleAll()
	for {
		moved := slices.IndexFunc(w.letters.visibleOnes(), func(m *message) bool { return m.attributes[contract.AttrErrorCode] == "" && redrivable(m) })
		if moved < 0 || len(w.broken) > 0 {
			break
		}
		w.redrive(moved, 1)
		w.settleAll()
	}
	if len(w.broken) == 0 {
		w.checkAll()
	}
}

// settleAll works the queue off, with no faults.
func (w *world) settleAll() {
	w.serve(time.Now().Add(contract.EventsRetention), func(*call) verdict { return succeeds })
}

// serve has the mapping and the processors work until the queue is empty or a time has
// come, and each call meets the verdict of fate.
func (w *world) serve(until time.Time, fate func(*call) verdict) {
	bound := 12 * (1 + w.killers())
	for len(w.broken) == 0 && time.Now().Before(until) {
		if all := w.waiting(); len(all) > 0 {
			w.meet(0, fate(all[0][0]), 0)
			continue
		}
		if len(w.queue.visibleOnes()) > 0 && w.queue.countInFlight() < w.queue.inFlight {
			w.deliver(step{kind: deliver, mask: 5})
			continue
		}
		if len(w.queue.messages) == 0 {
			return
		}
		next := slices.MinFunc(w.queue.messages, func(a, b *message) int { return a.visible.Compare(b.visible) })
		w.pass(min(max(time.Until(next.visible), time.Second), time.Until(until)))
		for _, m := range w.queue.messages {
			if w.draining && m.drained > bound {
				w.breaks("message %s of %s waits for ever: delivered %d times since the faults are over", m.id, w.describe(m.body), m.drained)
			}
		}
	}
}

// checkAll is the last look: what was accepted is stored or in the DLQ, and what is
// stored was announced.
func (w *world) checkAll() {
	for _, c := range w.order {
		if !c.accepted.IsZero() && !w.storedAs(c, c.accepted) && !w.inDLQ(c) && !w.isErased(c, c.accepted) {
			w.breaks("%s was accepted and is lost", c)
		}
		if w.storedExactly(c) && w.published[c.String()] == 0 && !w.inDLQ(c) {
			w.breaks("%s is stored and was never announced", c)
		}
	}
	for _, c := range w.forged {
		if !w.inDLQ(c) {
			w.breaks("the message %s is not in the DLQ", c)
		}
	}
}
