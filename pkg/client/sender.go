package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"

	"github.com/fluxa/fluxa/pkg/contract"
)

// ErrClosed is returned by a Sender that was closed.
var ErrClosed = errors.New("the sender is closed")

// ErrNotBatchable is returned for a payload that is not one JSON value, or is too large
// for a batch; Client.Send takes a large one.
var ErrNotBatchable = errors.New("the payload is not one JSON value, or too large for a batch")

// SenderConfig says how a Sender collects. Client and Done are required.
type SenderConfig struct {
	Client *Client
	// Done is called once for each event that Send took, from as many goroutines at
	// once as Concurrency says. An event's place in the buffer is free when Done returns:
	// a Done that waits for Send may wait for ever.
	Done func(Delivery)
	// BatchEvents and BatchBytes are the most that one request has. Default 100 events
	// and 1 MiB; at most contract.BatchLimit and BatchBytes. A single event may be larger.
	BatchEvents, BatchBytes int
	// FlushInterval is how long an event waits for others at most. Default 100 ms.
	FlushInterval time.Duration
	// Buffer is how many events are taken and not done at most; Send waits for a place.
	// Default 1000, at least BatchEvents.
	Buffer int
	// Concurrency is how many requests there are at once. Default 4.
	Concurrency int
}

func (c SenderConfig) withDefaults() SenderConfig {
	for _, d := range []struct {
		field *int
		value int
	}{{&c.BatchEvents, 100}, {&c.BatchBytes, 1 << 20}, {&c.Buffer, 1000}, {&c.Concurrency, 4}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.FlushInterval == 0 {
		c.FlushInterval = 100 * time.Millisecond
	}
	return c
}

func (c SenderConfig) validate() error {
	switch {
	case c.Client == nil:
		return errors.New("the sender's Client is required")
	case c.Done == nil:
		return errors.New("the sender's Done is required")
	case c.BatchEvents < 1 || c.BatchEvents > contract.BatchLimit:
		return fmt.Errorf("the sender's BatchEvents must be 1 to %d, got %d", contract.BatchLimit, c.BatchEvents)
	case c.BatchBytes < 1 || c.BatchBytes > BatchBytes:
		return fmt.Errorf("the sender's BatchBytes must be 1 to %d, got %d", BatchBytes, c.BatchBytes)
	case c.FlushInterval < 0:
		return fmt.Errorf("the sender's FlushInterval must not be negative, got %s", c.FlushInterval)
	case c.Buffer < c.BatchEvents:
		return fmt.Errorf("the sender's Buffer must be at least the %d of BatchEvents, got %d", c.BatchEvents, c.Buffer)
	case c.Concurrency < 1:
		return fmt.Errorf("the sender's Concurrency must be at least 1, got %d", c.Concurrency)
	}
	return nil
}

// Delivery is what became of one event. Err is nil when it was accepted: it will be
// stored, or found in the dead-letter queue. Otherwise it is a *RejectedError, or what
// Client.SendBatch returned for the whole request; Transient says whether the event may be
// sent again, and then it may have been accepted all the same: give events an EventID.
type Delivery struct {
	Payload []byte
	EventID string // of an accepted event
	Err     error
}

// Sender collects events and sends them in batches. It keeps no order. Each request has
// an Idempotency-Key of its own, so that none of its tries stores an event twice. It is
// safe for concurrent use.
type Sender struct {
	cfg     SenderConfig
	places  *semaphore.Weighted
	taken   chan []byte
	batches chan [][]byte
	flush   chan struct{}
	sending context.Context
	cancel  context.CancelFunc
	ended   chan struct{}

	mu     sync.RWMutex // over closed, and over taken while it may be closed
	closed bool
}

// NewSender starts a Sender, or returns an error that names the field that cannot be used.
// It has to be closed.
func NewSender(cfg SenderConfig) (*Sender, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Sender{
		cfg: cfg, places: semaphore.NewWeighted(int64(cfg.Buffer)), taken: make(chan []byte, cfg.Buffer),
		batches: make(chan [][]byte), flush: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	s.sending, s.cancel = context.WithCancel(context.Background())
	go func() {
		defer close(s.batches)
		s.collect()
	}()
	var workers sync.WaitGroup
	for range cfg.Concurrency {
		workers.Go(func() {
			for payloads := range s.batches {
				s.deliver(payloads)
			}
		})
	}
	go func() {
		workers.Wait()
		close(s.ended)
	}()
	return s, nil
}

// Send takes a payload, which must not be changed afterwards. While the buffer is full it
// waits, until ctx ends. Returns ErrNotBatchable, ErrClosed, or ctx's error; then Done is
// not called.
func (s *Sender) Send(ctx context.Context, payload []byte) error {
	if !Batchable(payload) {
		return ErrNotBatchable
	}
	if err := s.places.Acquire(ctx, 1); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		s.places.Release(1)
		return ErrClosed
	}
	s.taken <- payload // has room: each payload in it has a place
	return nil
}

// Flush sends what was taken before without waiting for more, and returns when Done was
// called for all of it, or when ctx ends. A Send that comes meanwhile waits.
func (s *Sender) Flush(ctx context.Context) error {
	select {
	case s.flush <- struct{}{}:
	default: // one is on its way
	}
	if err := s.places.Acquire(ctx, int64(s.cfg.Buffer)); err != nil {
		return err
	}
	s.places.Release(int64(s.cfg.Buffer))
	return nil
}

// Close takes nothing more, sends what was taken, and returns when Done was called for all
// of it. When ctx ends first, requests that are under way are given up, and Done is called
// with that error. Closing again waits, too.
func (s *Sender) Close(ctx context.Context) error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.taken)
	}
	s.mu.Unlock()
	defer s.cancel()
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
		s.cancel()
		<-s.ended
		return ctx.Err()
	}
}

// collect makes batches until the Sender is closed.
func (s *Sender) collect() {
	var batch [][]byte
	var weight Weight
	emit := func() {
		if len(batch) > 0 {
			s.batches <- batch
		}
		batch, weight = nil, Weight{}
	}
	add := func(payload []byte) {
		sum := weight.Plus(WeightOf(payload))
		if len(batch) > 0 && (sum.Bytes > s.cfg.BatchBytes || !sum.Fits()) {
			emit()
			sum = WeightOf(payload)
		}
		batch, weight = append(batch, payload), sum
		if len(batch) == s.cfg.BatchEvents {
			emit()
		}
	}
	timer := time.NewTimer(s.cfg.FlushInterval)
	timer.Stop()
	defer timer.Stop()
	for {
		select {
		case payload, open := <-s.taken:
			if !open {
				emit()
				return
			}
			add(payload)
			if len(batch) == 1 {
				timer.Reset(s.cfg.FlushInterval)
			}
		case <-timer.C:
			emit()
		case <-s.flush:
			for range len(s.taken) {
				if payload, open := <-s.taken; open {
					add(payload)
				}
			}
			emit()
		}
	}
}

// deliver sends a batch and tells what became of it. One that is refused as a whole is
// halved until the event is found that it is refused for; nothing of it was accepted, so
// that each half may have a key of its own.
func (s *Sender) deliver(payloads [][]byte) {
	results, err := s.cfg.Client.SendBatch(s.sending, payloads, uuid.NewString())
	if OfContent(err) && len(payloads) > 1 {
		half := len(payloads) / 2
		s.deliver(payloads[:half])
		s.deliver(payloads[half:])
		return
	}
	for i, payload := range payloads {
		d := Delivery{Payload: payload, Err: err}
		if err == nil {
			d.EventID, d.Err = results[i].EventID, results[i].Err()
		}
		s.cfg.Done(d)
		s.places.Release(1)
	}
}
