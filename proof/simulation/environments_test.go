package simulation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/pkg/budget"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/ingest"
	"github.com/fluxa/fluxa/pkg/maintain"
	"github.com/fluxa/fluxa/pkg/process"
)

// invocation is one of a processor, and which events may suffer in it for a fault.
type invocation struct {
	deliveries []delivery
	began      time.Time
	report     process.Report
	suffering  map[string]bool // by the labels of events
	allSuffer  bool
}

// processor is the kind of the environments that outlive an invocation.
const processor = "processor"

// begin makes an environment that is active.
func (w *world) begin(kind string) *environment {
	w.count++
	e := &environment{world: w, id: w.count, kind: kind, cancel: func() {}}
	w.active = append(w.active, e)
	return e
}

// leave takes an environment away.
func (w *world) leave(e *environment) {
	e.current, e.deadline = nil, time.Time{}
	w.active = slices.DeleteFunc(w.active, func(other *environment) bool { return other == e })
	w.idle = slices.DeleteFunc(w.idle, func(other *environment) bool { return other == e })
}

// work runs an invocation of an environment in a goroutine of its own, with a function's
// time-out and what the functions keep of it for their answer.
func (e *environment) work(timeout time.Duration, do func(ctx context.Context)) {
	e.deadline = time.Now().Add(timeout)
	ctx, cancel := context.WithDeadline(context.Background(), e.deadline)
	e.cancel = cancel
	go func() {
		kept, done := budget.Keep(ctx, budget.Answer, nil)
		defer done()
		do(kept)
	}()
	e.world.settle()
}

// must returns what cannot fail.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err) // the simulation is at fault
	}
	return value
}

// deliver has the mapping receive a batch and invoke a processor with it: one that is
// between two invocations, where there is one, or a new one.
func (w *world) deliver(s step) {
	deliveries := w.queue.receive(w.schedule.batch, s.which)
	if len(deliveries) == 0 {
		return
	}
	timeout := contract.ProcessorTimeout
	switch {
	case w.draining:
	case s.mask%16 == 1:
		timeout = 2 * visibility // suspended: its messages come again while it works on
	case s.mask%16 == 2:
		timeout = time.Millisecond // a start that took all of the time
	case s.mask%16 == 3:
		timeout = 0
	}
	w.invoke(deliveries, timeout, s.mask%4 == 0)
}

func (w *world) invoke(deliveries []delivery, timeout time.Duration, fresh bool) {
	var e *environment
	if len(w.idle) > 0 && !fresh {
		e, w.idle = w.idle[0], w.idle[1:]
		w.active = append(w.active, e)
	} else {
		e = w.begin(processor)
		out, random := outside{e}, rand.New(rand.NewPCG(uint64(e.id), 0))
		e.service = must(process.New(process.Config{
			Store: out, Blobs: out, Notifier: out, DeadLetters: deadLetters{out}, Postponer: out,
			Backoff: process.Backoff{Random: random.Float64},
		}))
	}
	inv := &invocation{deliveries: deliveries, began: time.Now(), suffering: map[string]bool{}, allSuffer: timeout < contract.ProcessorTimeout}
	e.current = inv
	messages := make([]process.Message, len(deliveries))
	names := make([]string, len(deliveries))
	for i, d := range deliveries {
		messages[i] = process.Message{
			ID: d.id, Body: d.body, ReceiptHandle: d.receipt, Deliveries: d.receives, Attributes: d.attributes, Binary: d.binary,
		}
		names[i] = d.receipt + "=" + w.describe(d.body)
	}
	w.log("processor %d gets %s, for %s", e.id, strings.Join(names, ", "), timeout)
	e.work(timeout, func(ctx context.Context) {
		report := e.service.ProcessBatch(ctx, messages)
		c := &call{by: e, op: "answer", endless: true, passive: true, whole: func() { w.acknowledge(e, inv, report) }}
		w.wait(context.Background(), c)
	})
}

// describe names what a message is about.
func (w *world) describe(body string) string {
	if c := w.contentOf(body); c != nil {
		return c.String()
	}
	return "unknown"
}

// acknowledge has the mapping delete what the answer does not name.
func (w *world) acknowledge(e *environment, inv *invocation, report process.Report) {
	inv.report = report
	failed := report.Failed()
	w.checkAnswer(inv, failed)
	if w.ignoresFailures {
		failed = nil
	}
	for _, d := range inv.deliveries {
		if slices.Contains(failed, d.id) {
			continue
		}
		w.checkSettled(d)
		w.queue.remove(d.receipt)
	}
	w.log("processor %d leaves %s on the queue", e.id, failed)
	if w.leave(e); !e.dead {
		w.idle = append(w.idle, e)
	}
}

// accepting is the use case of an environment of ingest.
func accepting(out outside) *ingest.Service {
	return must(ingest.New(ingest.Config{Queue: inbox{out}, Blobs: out}))
}

// client starts a function of ingest, which answers a client with its receipts.
func (w *world) client(name, request string, accept func(ctx context.Context, out outside) []ingest.Receipt) {
	e, received := w.begin("ingest"), time.Now()
	w.log("a client posts %s to ingest %d", request, e.id)
	e.work(contract.HandlerTimeout, func(ctx context.Context) {
		receipts := accept(ctx, outside{e})
		c := &call{by: e, op: "answer", endless: true, whole: func() {
			for _, r := range receipts {
				w.answered(name, received, r)
			}
			w.leave(e)
		}}
		w.wait(context.Background(), c)
	})
}

func (w *world) postNew(s step, merchant string, form form) {
	w.names++
	w.send(w.know(w.newContent(w.newID(s), w.names, 0, merchant, form)))
}

// newID is the next id, of the client that a step names.
func (w *world) newID(s step) event.Identity {
	return event.Identity{Client: clients[s.which%len(clients)], ID: fmt.Sprintf("e%d", w.names)}
}

// callerOf is who sends the events of a client.
func callerOf(client string) ingest.Caller {
	return ingest.Caller{Client: client, ID: "c", CorrelationID: "c"}
}

func (w *world) send(c *content) {
	if c.form == stored {
		w.sendStored(c)
		return
	}
	w.client(c.Client, c.String(), func(ctx context.Context, out outside) []ingest.Receipt {
		return []ingest.Receipt{accepting(out).Ingest(ctx, callerOf(c.Client), []byte(c.payload))}
	})
}

// sendStored does what an ingest would that had another inline limit: a small event that
// travels through the bucket takes a hundredth of the time of a large one.
func (w *world) sendStored(c *content) {
	received := time.Now().UTC()
	body := must(event.Envelope{
		Client: c.Client, EventID: c.ID, CorrelationID: "c", Mode: event.S3, SHA256: c.sha256, Bucket: bucketName, Key: c.key(), ReceivedAt: received,
	}.Encode())
	w.client(c.Client, c.String(), func(ctx context.Context, out outside) []ingest.Receipt {
		r := ingest.Receipt{EventID: c.ID, Mode: event.S3, SHA256: c.sha256}
		if r.Err = out.Put(ctx, c.key(), []byte(c.payload), c.sha256, received); r.Err == nil {
			r.Err = inbox{out}.Send(ctx, []ingest.Message{{Body: body, Client: c.Client, EventID: c.ID}})[0]
		}
		return []ingest.Receipt{r}
	})
}

func (w *world) postSeveral(s step) {
	var payloads []string
	name := clients[s.which%len(clients)]
	for i := range int(s.mask)%3 + 2 {
		w.names++
		size := inline
		if i == 1 && s.which%4 == 0 {
			size = large
		}
		c := w.know(w.newContent(w.newID(s), w.names, 0, "m", size))
		payloads = append(payloads, c.payload)
	}
	body := `{"events":[` + strings.Join(payloads, ",") + `]}`
	w.client(name, "a batch", func(ctx context.Context, out outside) []ingest.Receipt {
		return must(accepting(out).IngestBatch(ctx, callerOf(name), []byte(body)))
	})
}

// keys is how many Idempotency-Keys the clients use, each again and again.
const keys = 3

// postWithKey has one of two callers of a client post an event without an id. Of the same
// client and key it is always the same event, and without clients of the same caller.
func (w *world) postWithKey(s step) {
	owner, caller := s.which%len(clients), s.which/len(clients)%2
	as := callerOf(clients[owner])
	as.ID, as.IdempotencyKey = fmt.Sprintf("c%d", caller), fmt.Sprintf("k%d", int(s.mask)%keys)
	if as.Client == "" && caller > 0 {
		owner = len(clients)
	}
	meaning := -1 - owner - (len(clients)+1)*(int(s.mask)%keys)
	number := 1_000_000 - meaning
	payload := payloadOf("", number, 0, "m", inline)
	w.client(as.Client, as.Client+" "+as.ID+" "+as.IdempotencyKey, func(ctx context.Context, out outside) []ingest.Receipt {
		return []ingest.Receipt{accepting(out).Ingest(ctx, as, []byte(payload))}
	})
	w.keyed = append(w.keyed, keyed{as, payload, number, meaning})
}

// postAgain has a client send what was sent before: the same bytes, the same event in
// other words, another event under the same id; or another client use the id, for the same
// bytes or for others.
func (w *world) postAgain(s step) {
	var young []*content
	for _, c := range w.order {
		if c.code == "" && !c.keyed && time.Since(w.firstOf(c.Identity)) < 24*time.Hour {
			young = append(young, c)
		}
	}
	if len(young) == 0 {
		return
	}
	c := young[len(young)-1-s.which%min(len(young), 6)]
	merchant := "m"
	switch {
	case c.kills:
		merchant = merchantKills
	case c.unwanted:
		merchant = merchantUnwanted
	}
	switch s.kind {
	case reword:
		c = w.know(w.newContent(c.Identity, c.meaning, 1+int(s.mask)%3, merchant, c.form))
	case contradict:
		w.names++
		c = w.know(w.newContent(c.Identity, w.names, 0, "m", c.form))
	case borrow:
		if c = w.borrowed(c, s); c == nil {
			return
		}
	}
	w.send(c)
}

// borrowed is what another client sends under the id of a content: nil where that client
// has used the id too long ago.
func (w *world) borrowed(c *content, s step) *content {
	of := c.Identity
	of.Client = clients[(slices.Index(clients[:], c.Client)+1+int(s.mask)%2)%len(clients)]
	if first := w.firstOf(of); !first.IsZero() && time.Since(first) >= 24*time.Hour {
		return nil
	}
	if s.mask%4 > 1 {
		w.names++
		return w.know(w.newContent(of, w.names, 0, "m", c.form))
	}
	return w.know(&content{
		Identity: of, user: c.user, payload: c.payload, sha256: c.sha256, meaning: c.meaning, form: c.form, kills: c.kills, unwanted: c.unwanted,
	})
}

// firstOf returns when an id was used first. It is used again within a day only: the key
// of an id is kept for as long as its messages live, and a client's new ones are others.
func (w *world) firstOf(of event.Identity) time.Time {
	for _, c := range w.order {
		if c.Identity == of {
			return c.first
		}
	}
	return time.Time{}
}

// sendForgery puts a message on the queue that ingest never sent.
func (w *world) sendForgery(s step) {
	body, attributes, c := w.forgery(s.which)
	w.forged[body] = c
	w.log("somebody sends a message that is %s: %s", c.code, c)
	w.queue.send(body, w.originating(attributes), nil)
}

// redrive has an operator send dead letters back: each is sent, and then deleted.
func (w *world) redrive(which, count int) {
	letters := slices.DeleteFunc(w.letters.receive(count, which), func(d delivery) bool { return !redrivable(w.letters.byReceipt(d.receipt)) })
	if len(letters) == 0 {
		return
	}
	e := w.begin("operator")
	w.log("operator %d redrives %d letters", e.id, len(letters))
	e.work(time.Minute, func(ctx context.Context) {
		for _, l := range letters {
			sent := &call{by: e, op: "redrive", about: []string{l.id}, failure: "send", whole: func() {
				w.queue.send(l.body, withoutErrors(l.attributes), l.binary)
			}}
			if a := w.wait(ctx, sent); a.err != nil {
				continue
			}
			w.wait(ctx, &call{by: e, op: "delete the letter", about: []string{l.id}, failure: "delete", whole: func() { w.letters.remove(l.receipt) }})
		}
		w.wait(context.Background(), &call{by: e, op: "answer", endless: true, whole: func() { w.leave(e) }})
	})
}

func withoutErrors(attributes map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range attributes {
		if name != contract.AttrErrorCode && name != contract.AttrErrorReason {
			out[name] = value
		}
	}
	return out
}

// maintain starts a run of the maintenance.
func (w *world) maintain() {
	e := w.begin("maintain")
	service := must(maintain.New(maintain.Config{Store: outside{e}, Retention: retention}))
	w.log("maintain %d runs", e.id)
	e.work(contract.MaintainTimeout, func(ctx context.Context) {
		report, err := service.Run(ctx)
		w.wait(context.Background(), &call{by: e, op: "answer", endless: true, whole: func() {
			w.log("maintain %d: %+v, failed: %t", e.id, report, err != nil)
			w.leave(e)
		}})
	})
}
