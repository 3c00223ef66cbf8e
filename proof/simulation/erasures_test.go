package simulation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/erase"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
	"github.com/fluxa/fluxa/pkg/process"
)

// erasure is one that has begun: a row of the table erasures.
type erasure struct {
	of       erase.Subject
	begun    erase.Begun
	finished time.Time
}

func covers(of erase.Subject, c *content) bool {
	return c.user != "" && c.user == of.UserID && (of.Client == erase.EveryClient || of.Client == c.Client)
}

// isErased reports whether an erasure takes what ingest received of a content at a time.
func (w *world) isErased(c *content, received time.Time) bool {
	return slices.ContainsFunc(w.erasures, func(e *erasure) bool { return covers(e.of, c) && !received.After(e.begun.At) })
}

// refuses reports whether the database stores nothing of a record.
func (w *world) refuses(r process.Record) bool {
	c := w.contents[nameOf(event.Identity{Client: r.Client, ID: r.EventID}, r.SHA256)]
	return c != nil && w.isErased(c, r.ReceivedAt)
}

// mustBeSilent reports whether nothing of a letter may reach the DLQ: its user's erasure was
// over before the invocation began that sends it. Nobody knows whose a message is that is
// given up for the ends of the process: it is not read any more. What the bucket has lost
// by itself leaves no payload to send.
func (w *world) mustBeSilent(c *content, l process.DeadLetter, inv *invocation) bool {
	if l.Code == fault.ProcessorEnded || c.harmed || c.spoilt {
		return false
	}
	received := w.receivedAt(l.Message.Body)
	return slices.ContainsFunc(w.erasures, func(e *erasure) bool {
		return covers(e.of, c) && !received.After(e.begun.At) && !e.finished.IsZero() && e.finished.Before(inv.began)
	})
}

// besideErased reports whether a message may be retried because another event of its id, in
// the same batch, was of an erased user.
func (w *world) besideErased(inv *invocation, o process.Outcome) bool {
	return slices.ContainsFunc(inv.deliveries, func(d delivery) bool {
		c := w.contentOf(d.body)
		return d.id != o.MessageID && c != nil && c.ID == o.EventID && c.Client == o.Client && w.isErased(c, w.receivedAt(d.body))
	})
}

// eraseUser has an operator erase a user, at one client or at every one. Where that was
// interrupted, the operator goes on with the token, or begins anew.
func (w *world) eraseUser(s step) {
	client := erase.EveryClient
	if at := s.which % (len(clients) + 1); at < len(clients) {
		client = clients[at]
	}
	of := erase.Subject{Client: client, UserID: users[int(s.mask)%len(users)]}
	if s.mask&2 != 0 {
		delete(w.tokens, of)
	}
	w.erase(of)
}

// erase starts a run of the erasure. One that runs is left alone.
func (w *world) erase(of erase.Subject) {
	if slices.ContainsFunc(w.active, func(e *environment) bool { return e.erases == of }) {
		return
	}
	e, token := w.begin("erasure"), w.tokens[of]
	e.erases = of
	w.log("erasure %d is of %s at %q", e.id, of.UserID, of.Client)
	operation := erase.Operation(outside{e}, outside{e}, contract.RequestLimit)
	arguments := fmt.Sprintf(`{"user_id":%q,"client":%q}`, of.UserID, of.Client)
	e.work(contract.MaintainTimeout, func(ctx context.Context) {
		answer, err := operation(ctx, operate.Request{By: "o", Arguments: []byte(arguments), Token: token}, time.Now().Add(contract.MaintainTimeout))
		if answer.Done {
			e.eraseLetters(ctx, of)
		}
		w.wait(context.Background(), &call{by: e, op: "answer", endless: true, whole: func() {
			w.log("erasure %d: done: %t, failed: %t", e.id, answer.Done, err != nil)
			w.tokens[of] = answer.Token
			w.leave(e)
		}})
	})
}

// eraseLetters deletes the user's dead letters, as `fluxa erase` does.
func (e *environment) eraseLetters(ctx context.Context, of erase.Subject) {
	w := e.world
	var letters []delivery
	looked := &call{by: e, op: "look into the DLQ", failure: fault.QueueUnavailable, whole: func() {
		letters = slices.DeleteFunc(w.letters.receive(len(w.letters.messages), 0), func(d delivery) bool {
			c := w.contentOf(d.body)
			return c == nil || !covers(of, c) || !w.isErased(c, w.receivedAt(d.body)) || c.inBucket() && !w.erasedHashes[c.sha256]
		})
	}}
	w.wait(ctx, looked)
	for _, l := range letters {
		w.wait(ctx, &call{by: e, op: "delete the letter", about: []string{l.id}, failure: "delete", whole: func() {
			w.log("the letter %s of %s is erased", l.id, w.describe(l.body))
			w.letters.remove(l.receipt)
		}})
	}
}

// finishErasures has operators begin every interrupted erasure anew, and see it through.
func (w *world) finishErasures() {
	for _, e := range slices.Clone(w.active) {
		if e.erases.UserID != "" {
			w.kill(e, byTimeout)
		}
	}
	clear(w.tokens)
	for _, e := range slices.Clone(w.erasures) {
		if !e.finished.IsZero() {
			continue
		}
		w.erase(e.of)
		for waits := contract.RequestLimit + time.Second; waits > 0 && e.finished.IsZero() && len(w.broken) == 0; waits -= time.Second {
			for len(w.waiting()) > 0 && len(w.broken) == 0 {
				w.meet(0, succeeds, 0)
			}
			w.pass(time.Second)
		}
		if e.finished.IsZero() && len(w.broken) == 0 {
			w.breaks("the erasure of %s does not come to an end", e.of.UserID)
		}
	}
}

// begun returns a row of the table.
func (w *world) begun(of erase.Begun) (*erasure, error) {
	for _, e := range w.erasures {
		if e.begun.ID == of.ID {
			return e, nil
		}
	}
	return nil, fault.New(fault.Internal, "there is no such erasure")
}

func (w *world) beginErasure(of erase.Subject) (erase.Begun, error) {
	at := time.Now()
	w.store.RefuseUser(of.Client, of.UserID)
	for _, e := range w.erasures {
		if e.of == of && e.finished.IsZero() {
			e.begun.At = at
			return e.begun, nil
		}
	}
	e := &erasure{of: of, begun: erase.Begun{At: at}}
	e.begun.ID[0] = byte(len(w.erasures) + 1)
	w.erasures = append(w.erasures, e)
	return e.begun, nil
}

// userEvents returns two events at most, so that an erasure is interrupted between others.
func (w *world) userEvents(of erase.Subject, until time.Time) (found []erase.Event) {
	for id, r := range w.store.Events() {
		if c := w.contents[nameOf(id, r.SHA256)]; c != nil && covers(of, c) && !r.ReceivedAt.After(until) {
			row, _ := w.store.Row(id)
			found = append(found, erase.Event{Identity: id, StoredAt: row.StoredAt, SHA256: r.SHA256, Key: r.Key})
		}
	}
	slices.SortFunc(found, func(a, b erase.Event) int { return cmp.Or(cmp.Compare(a.Client, b.Client), cmp.Compare(a.ID, b.ID)) })
	return found[:min(2, len(found))]
}

// eraseEvents does what the function erase_events does: nothing to what was stored since,
// or is of somebody else.
func (w *world) eraseEvents(of erase.Begun, events []erase.Event) error {
	e, err := w.begun(of)
	if err != nil {
		return err
	}
	if !e.finished.IsZero() {
		return fault.New(fault.DatabaseUnavailable, "the erasure is over")
	}
	stored := w.store.Events()
	for _, asked := range events {
		row, known := w.store.Row(asked.Identity)
		r := stored[asked.Identity]
		if !known || !row.StoredAt.Equal(asked.StoredAt) || r.Event.UserID != e.of.UserID || r.ReceivedAt.After(e.begun.At) {
			continue
		}
		w.erasedHashes[r.SHA256] = true
		w.store.Erase(e.begun.At, asked.Identity)
	}
	w.erased(e)
	return nil
}

// erased looks at the tables after events were erased: none but the user's is gone.
func (w *world) erased(e *erasure) {
	rows := w.store.Events()
	for id, before := range w.rows {
		if _, there := rows[id]; there {
			continue
		}
		last := w.history[id][len(w.history[id])-1]
		last.erased = time.Now()
		delete(w.storedAt, id)
		if !covers(e.of, last.content) || before.ReceivedAt.After(e.begun.At) {
			w.breaks("%s is erased, and it is not of the user", last.content)
		}
	}
	for id := range w.storedAt {
		if _, known := w.store.Row(id); !known {
			w.breaks("the key of %s is erased", label(id))
		}
	}
	w.rows = rows
}

// finishErasure looks whether anything of the user is left.
func (w *world) finishErasure(of erase.Begun) error {
	e, err := w.begun(of)
	if err != nil {
		return err
	}
	if e.finished.IsZero() {
		e.finished = time.Now()
	}
	for _, left := range w.userEvents(e.of, of.At) {
		w.breaks("%s is left after the erasure of its user", label(left.Identity))
	}
	for _, c := range w.order {
		if o, there := w.objects[c.key()]; there && covers(e.of, c) && !c.spoilt && !o.received.After(of.At) && o.modified.Before(of.At.Add(contract.RequestLimit)) {
			w.breaks("the object of %s is left after the erasure of its user", c)
		}
	}
	return nil
}

// remove takes an object away: it has to be of the user whom the environment erases.
func (w *world) remove(e *environment, key string) {
	delete(w.objects, key)
	for _, c := range w.order {
		if c.key() != key {
			continue
		}
		c.lost = true
		if !covers(e.erases, c) {
			w.breaks("the object of %s is erased, and it is not of the user", c)
		}
	}
}
