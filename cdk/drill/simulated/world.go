// Package simulated runs Fluxa through simulated time: the real use cases (ingest,
// process, maintain) with their own retries and metrics, between models of the services
// around them that follow AWS's documentation. What happens in it ends as metrics in a
// cloudwatch.Store.
package simulated

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/ingest"
)

// Faults is what is wrong at the moment. The zero value is a good day.
type Faults struct {
	Database      bool          // cannot be reached
	DatabaseTakes time.Duration // that a statement takes; default 20 ms
	Topic         bool          // SNS takes no notification
	Subscribers   bool          // SNS cannot deliver
	Partitions    bool          // maintain cannot make partitions
	Exports       bool          // maintain cannot write the daily exports
	Bucket        bool          // maintain cannot read which of them are complete
	NoSnapshots   bool          // AWS Backup takes none of the database, and says nothing
	Snapshots     bool          // AWS Backup cannot take one
	Copies        bool          // AWS Backup cannot copy one
	Hiccup        bool          // the next batch meets a database that cannot be reached
	Release       Release
}

// Release is a version of the processor that is broken, and the share of invocations
// that it gets.
type Release struct {
	Share   float64
	Panics  bool // on every batch
	Crashes bool // before it begins
}

// World is one stage of Fluxa at a simulated time. It is not safe for concurrent use.
type World struct {
	Faults  Faults
	Metrics *cloudwatch.Store

	stage  stage.Stage
	now    time.Time
	random *rand.Rand

	queue, letters *queue
	ingest         *ingest.Service
	processor      *processor
	dimensions     map[contract.Function][]string
	maintain       *maintenance
	traffic        traffic

	planned []planned
	err     error
}

// planned is something that happens at a time.
type planned struct {
	at time.Time
	do func()
}

// New returns the world of a stage at a time.
func New(s stage.Stage, now time.Time) (*World, error) {
	w := &World{
		Metrics: cloudwatch.NewStore(), stage: s, now: now.UTC(), random: rand.New(rand.NewPCG(1, 2)),
		queue: newQueue(s.Named("events"), s.Visibility()), letters: newQueue(s.Named("dlq"), 30*time.Second),
	}
	w.dimensions = map[contract.Function][]string{}
	for _, f := range contract.Functions() {
		w.dimensions[f] = lambdaDimensions(s.Named(string(f)))
	}
	w.queue.redriveTo, w.queue.receives = w.letters, contract.MaxReceives
	var err error
	if w.ingest, err = ingest.New(ingest.Config{Queue: inbox{w}, Blobs: noBlobs{}, Now: w.Now}); err != nil {
		return nil, err
	}
	if w.processor, err = newProcessor(w); err != nil {
		return nil, err
	}
	if w.maintain, err = newMaintenance(w); err != nil {
		return nil, err
	}
	return w, nil
}

// Now is the simulated time.
func (w *World) Now() time.Time { return w.now }

// At plans something, such as a fault.
func (w *World) At(at time.Time, do func()) { w.planned = append(w.planned, planned{at, do}) }

// Run goes on until a time, second by second, and calls each after every whole minute.
func (w *World) Run(until time.Time, each func(now time.Time) error) error {
	for ; w.now.Before(until) && w.err == nil; w.now = w.now.Add(time.Second) {
		if w.now.Unix()%60 == 0 {
			w.report()
			if err := each(w.now); err != nil {
				return err
			}
		}
		w.happen()
		w.maintain.tick()
		w.backUp()
		w.traffic.tick(w)
		w.queue.show(w.now)
		w.processor.poll()
	}
	return w.err
}

// happen does what is due, which may plan more.
func (w *World) happen() {
	for i := 0; i < len(w.planned); {
		if w.planned[i].at.After(w.now) {
			i++
			continue
		}
		do := w.planned[i].do
		w.planned = slices.Delete(w.planned, i, i+1)
		do()
	}
}

// fail ends the run: the simulation itself is at fault.
func (w *World) fail(err error) {
	if w.err == nil {
		w.err = fmt.Errorf("simulate %s at %s: %w", w.stage.Name, w.now.Format(time.RFC3339), err)
	}
}

// inbox is the events queue, as ingest sees it.
type inbox struct{ w *World }

func (i inbox) Send(_ context.Context, messages []ingest.Message) []error {
	for _, m := range messages {
		i.w.queue.send(i.w.now, m.Body)
	}
	return make([]error, len(messages))
}

// noBlobs are not needed: the events are small.
type noBlobs struct{}

func (noBlobs) Bucket() string { return "none" }

func (noBlobs) Put(context.Context, string, []byte, string, time.Time) error {
	return fmt.Errorf("the simulation has no bucket")
}

func (noBlobs) Get(context.Context, string, int64) ([]byte, error) {
	return nil, fmt.Errorf("the simulation has no bucket")
}
