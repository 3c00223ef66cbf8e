package bench

import (
	"context"
	"fmt"

	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/process"
)

// fluxa is the processor's use case with its real store: from the bodies of the messages
// to the announcement, which goes to nobody.
type fluxa struct{ database }

// NewFluxa returns Fluxa's processor.
func NewFluxa(ctx context.Context, serverURL string) (Contender, error) {
	d, err := fluxaTables(ctx, serverURL, "bench_fluxa")
	return fluxa{d}, err
}

func (fluxa) Name() string { return "Fluxa" }

func (f fluxa) Reset(ctx context.Context) error { return f.emptyFluxa(ctx) }

func (f fluxa) Stored(ctx context.Context) (int, error) { return f.count(ctx, storedSQL) }

// Open gives each lane a pool of one connection, as each running processor has.
func (fluxa) Open(_ context.Context, url string, lanes int) ([]Lane, error) {
	var out []Lane
	for range lanes {
		store, err := pgstore.New(pgstore.Config{URL: url, MaxConns: 1})
		if err != nil {
			return nil, err
		}
		service, err := process.New(process.Config{Store: store, Blobs: nowhere{}, Notifier: nowhere{}, DeadLetters: nowhere{}, Postponer: nowhere{}})
		if err != nil {
			return nil, err
		}
		out = append(out, processor{store, service})
	}
	return out, nil
}

type processor struct {
	store   *pgstore.Store
	service *process.Service
}

func (p processor) Close() { p.store.Close() }

// Store takes nothing but a first delivery of an event for success.
func (p processor) Store(ctx context.Context, batch Batch) error {
	for _, o := range p.deliver(ctx, batch).Outcomes {
		if o.Result != process.Processed || !o.Notified {
			return fmt.Errorf("event %s was %s: %w", o.EventID, o.Result, o.Err)
		}
	}
	return nil
}

func (p processor) deliver(ctx context.Context, batch Batch) process.Report {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return p.service.ProcessBatch(ctx, batch.Messages)
}

// again is Fluxa's processor when every event comes a second time.
type again struct{ fluxa }

// NewDuplicates returns Fluxa's processor meeting events that it has stored before.
func NewDuplicates(c Contender) Contender { return again{c.(fluxa)} }

func (again) Name() string { return "Fluxa, every event a duplicate" }

func (a again) Open(ctx context.Context, url string, lanes int) ([]Lane, error) {
	opened, err := a.fluxa.Open(ctx, url, lanes)
	var out []Lane
	for _, l := range opened {
		out = append(out, duplicates{l.(processor)})
	}
	return out, err
}

type duplicates struct{ processor }

func (d duplicates) Prepare(ctx context.Context, batch Batch) error {
	return d.processor.Store(ctx, batch)
}

func (d duplicates) Store(ctx context.Context, batch Batch) error {
	for _, o := range d.deliver(ctx, batch).Outcomes {
		if o.Result != process.Duplicate {
			return fmt.Errorf("event %s was %s: %w", o.EventID, o.Result, o.Err)
		}
	}
	return nil
}

// nowhere takes notifications and has no payloads. Nothing is ever sent to the DLQ or
// postponed: the outcome of such a message is an error of the benchmark.
type nowhere struct{}

func (nowhere) Publish(_ context.Context, n []process.Notification) []error {
	return make([]error, len(n))
}
func (nowhere) Send(_ context.Context, l []process.DeadLetter) []error { return make([]error, len(l)) }
func (nowhere) Postpone(_ context.Context, p []process.Postponement) []error {
	return make([]error, len(p))
}
func (nowhere) Bucket() string { return "none" }
func (nowhere) Get(context.Context, string, int64) ([]byte, error) {
	return nil, fmt.Errorf("there are no payloads in S3")
}
