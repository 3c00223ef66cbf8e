package simulated

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

const (
	// statementTakes is a statement of a good day; unreachableTakes is how long the store
	// tries again (pkg/pgstore); overhead is the rest of a batch.
	statementTakes   = 20 * time.Millisecond
	unreachableTakes = 3 * time.Second
	overhead         = 10 * time.Millisecond

	// A mapping begins with five invocations at once and adds up to 300 a minute, as far
	// as its maximum concurrency ("Configuring scaling behavior for SQS event source
	// mappings": https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
	firstConcurrency   = 5
	concurrencyASecond = 5
)

// processor is the event source mapping, and the function that it invokes.
type processor struct {
	w       *World
	service *process.Service
	emitter *telemetry.Emitter
	lines   bytes.Buffer
	store   *processtest.MemoryStore

	running int
	allowed int // invocations at once, as far as the mapping has scaled
	waiting time.Time

	spent     time.Duration // of the invocation under way
	broken    Release       // of the invocation under way
	postponed []process.Postponement
}

func newProcessor(w *World) (*processor, error) {
	p := &processor{w: w, store: &processtest.MemoryStore{Now: w.Now}}
	var err error
	if p.service, err = process.New(process.Config{
		Store: database{p}, Blobs: noBlobs{}, Notifier: topic{p}, DeadLetters: letters{p}, Postponer: postponer{p},
		Backoff: process.Backoff{Random: w.random.Float64}, Now: p.now,
	}); err != nil {
		return nil, err
	}
	p.emitter, err = telemetry.NewEmitter(&p.lines, telemetry.EmitterConfig{
		Namespace: contract.NamespaceProcessor, Now: p.now,
		Service: telemetry.Service{Name: string(contract.FunctionProcessor), Environment: w.stage.Environment()},
	})
	return p, err
}

// now is the time within an invocation.
func (p *processor) now() time.Time { return p.w.now.Add(p.spent) }

// poll invokes the function as often as messages and concurrency allow.
func (p *processor) poll() {
	limit := p.w.stage.Functions.Processor.MaximumConcurrency
	if p.running == 0 && len(p.w.queue.ready) == 0 {
		p.allowed = firstConcurrency
	} else {
		p.allowed = min(p.allowed+concurrencyASecond, limit)
	}
	for p.running < min(max(p.allowed, firstConcurrency), limit) && p.full() {
		batch := p.w.queue.receive(p.w.now, p.w.stage.Queue.BatchSize)
		if len(batch) == 0 {
			break
		}
		p.waiting = time.Time{}
		p.invoke(batch)
	}
	if len(p.w.queue.ready) == 0 {
		p.w.queue.empty++
		p.w.queue.touch(p.w.now)
	}
	if p.running == 0 {
		return
	}
	for _, dimensions := range p.w.dimensions[contract.FunctionProcessor] {
		p.w.Metrics.Put(cloudwatch.ID{Namespace: "AWS/Lambda", Name: "ConcurrentExecutions", Dimensions: dimensions}, p.w.now, float64(p.running))
	}
}

// full reports whether a batch is full, or has waited as long as its window.
func (p *processor) full() bool {
	n := len(p.w.queue.ready)
	if n == 0 {
		return false
	}
	if p.waiting.IsZero() {
		p.waiting = p.w.now
	}
	window := time.Duration(p.w.stage.Queue.BatchWindowSeconds) * time.Second
	return n >= p.w.stage.Queue.BatchSize || p.w.now.Sub(p.waiting) >= window
}

// invoke runs the use case now, and lets it end when its time is spent.
func (p *processor) invoke(batch []*message) {
	began := p.w.now
	p.spent, p.postponed, p.broken = overhead, nil, Release{}
	if r := p.w.Faults.Release; p.w.random.Float64() < r.Share {
		p.broken = r
	}
	var failure error
	var done []string
	if p.broken.Crashes {
		failure = errors.New("the runtime exited")
	} else {
		done = p.process(batch)
	}
	took, delays := min(p.spent, p.w.stage.Functions.Processor.Timeout()), p.postponed
	p.running++
	p.spent = 0
	p.w.At(began.Add(took), func() {
		p.running--
		p.w.invoked(contract.FunctionProcessor, began, took, 1, failure)
		for _, id := range done {
			p.w.queue.remove(id)
		}
		for _, d := range delays {
			p.w.queue.postpone(d.MessageID, p.w.now.Add(d.Delay))
		}
	})
}

// process returns the messages that the mapping deletes.
func (p *processor) process(batch []*message) []string {
	messages := make([]process.Message, len(batch))
	for i, m := range batch {
		messages[i] = process.Message{ID: m.id, Body: m.body, ReceiptHandle: m.id, Deliveries: m.receives}
	}
	report := p.service.ProcessBatch(context.Background(), messages)
	report.Measure(p.emitter, p.spent)
	if err := p.emitter.Flush(nil); err != nil {
		p.w.fail(err)
	}
	p.w.put(&p.lines)
	failed := report.Failed()
	var done []string
	for _, m := range batch {
		if !slices.Contains(failed, m.id) {
			done = append(done, m.id)
		}
	}
	return done
}

// put takes the lines that a function has written.
func (w *World) put(lines *bytes.Buffer) {
	for line := range bytes.Lines(lines.Bytes()) {
		if err := w.Metrics.PutLine(line); err != nil {
			w.fail(err)
		}
	}
	lines.Reset()
}

// database is the store in memory, as far away as the world's faults say.
type database struct{ p *processor }

func (d database) reach() error {
	w := d.p.w
	switch {
	case d.p.broken.Panics:
		panic("a release that is broken")
	case w.Faults.Database || w.Faults.Hiccup:
		w.Faults.Hiccup = false
		d.p.spent += unreachableTakes
		return fault.New(fault.DatabaseUnavailable, "the database cannot be reached")
	}
	d.p.spent += max(w.Faults.DatabaseTakes, statementTakes)
	return nil
}

func (d database) PersistBatch(ctx context.Context, records []process.Record, announced []process.BatchID) (process.Persisted, error) {
	if err := d.reach(); err != nil {
		return process.Persisted{}, err
	}
	return d.p.store.PersistBatch(ctx, records, announced)
}

func (d database) Begun(ctx context.Context, ids []string) (map[string]int, error) {
	if err := d.reach(); err != nil {
		return nil, err
	}
	return d.p.store.Begun(ctx, ids)
}

func (d database) Begin(ctx context.Context, ids []string) error {
	if err := d.reach(); err != nil {
		return err
	}
	return d.p.store.Begin(ctx, ids)
}

func (d database) End(ctx context.Context, ids []string) error {
	if err := d.reach(); err != nil {
		return err
	}
	return d.p.store.End(ctx, ids)
}

func (d database) Event(ctx context.Context, id event.Identity) (event.Stored, error) {
	if err := d.reach(); err != nil {
		return event.Stored{}, err
	}
	return d.p.store.Event(ctx, id)
}

// topic takes the notifications.
type topic struct{ p *processor }

func (t topic) Publish(_ context.Context, all []process.Notification) []error {
	out := make([]error, len(all))
	for i := range all {
		if t.p.w.Faults.Topic {
			out[i] = fault.New(fault.NotifierUnavailable, "the topic takes no notification")
		}
	}
	if !t.p.w.Faults.Topic {
		t.p.w.published(len(all))
	}
	return out
}

// letters sends to the DLQ.
type letters struct{ p *processor }

func (l letters) Send(_ context.Context, all []process.DeadLetter) []error {
	for _, letter := range all {
		l.p.w.letters.send(l.p.w.now, letter.Message.Body)
	}
	return make([]error, len(all))
}

// postponer notes when messages come back.
type postponer struct{ p *processor }

func (o postponer) Postpone(_ context.Context, all []process.Postponement) []error {
	o.p.postponed = append(o.p.postponed, all...)
	return make([]error, len(all))
}
