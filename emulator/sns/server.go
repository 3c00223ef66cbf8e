package sns

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Defaults of a Config.
const (
	DefaultRegion       = "us-east-1"
	DefaultAccountID    = "000000000000"
	DefaultHTTPAttempts = 4
	DefaultHTTPBackoff  = time.Second
	DefaultHTTPTimeout  = 5 * time.Second

	maxPendingHTTP = 256
)

// QueueSender puts a message on the SQS queue of that ARN and returns once it is
// durable. An error that wraps ErrUndeliverable says that another attempt would
// fail as well; after any other error the publisher is told to try again.
type QueueSender interface {
	SendToQueue(ctx context.Context, queueARN string, m QueueMessage) error
}

// ErrUndeliverable is what a QueueSender answers for a queue that does not exist
// or a message that the queue refuses. Such a delivery is logged and dropped, as
// SNS does without a dead-letter queue for the subscription.
var ErrUndeliverable = errors.New("message cannot be delivered")

// QueueMessage is what a topic hands to a queue.
type QueueMessage struct {
	Body        string
	Attributes  map[string]Attribute
	TraceHeader string
}

// Attribute is a message attribute: Binary holds the value of the Binary type,
// String that of the others.
type Attribute struct {
	DataType string
	String   string
	Binary   []byte
}

// Clock tells the time and waits. Tests give their own and need not sleep.
type Clock interface {
	Now() time.Time
	After(time.Duration) <-chan time.Time
}

// Config says how a Server delivers. Queues is required. Zero values of the rest
// mean us-east-1, account 000000000000, the machine's clock, slog's default
// logger, http.DefaultTransport, and four attempts for each HTTP delivery, of
// five seconds each, with a pause of one second that doubles.
type Config struct {
	Queues       QueueSender
	Region       string
	AccountID    string
	Clock        Clock
	Logger       *slog.Logger
	Transport    http.RoundTripper
	HTTPAttempts int
	HTTPBackoff  time.Duration
	HTTPTimeout  time.Duration
}

// Server holds topics and their subscriptions. It is an http.Handler for
// form-encoded requests with an Action. It may be used concurrently.
type Server struct {
	queues     QueueSender
	region     string
	accountID  string
	clock      Clock
	log        *slog.Logger
	client     *http.Client
	attempts   int
	backoff    time.Duration
	operations map[string]operation

	ctx     context.Context
	cancel  context.CancelFunc
	pending sync.WaitGroup
	slots   chan struct{} // one held by each pending HTTP delivery
	drain   chan struct{} // held by the one who drains

	mu     sync.RWMutex
	closed bool
	topics map[string]*topic // by ARN
}

var _ http.Handler = (*Server)(nil)

// New returns a server without topics.
func New(c Config) (*Server, error) {
	if c.Queues == nil {
		return nil, errors.New("sns: Queues is nil, want where to deliver to")
	}
	if c.HTTPAttempts < 0 {
		return nil, fmt.Errorf("sns: HTTPAttempts is %d, want 0 or more", c.HTTPAttempts)
	}
	if c.HTTPBackoff < 0 {
		return nil, fmt.Errorf("sns: HTTPBackoff is %s, want 0 or more", c.HTTPBackoff)
	}
	if c.HTTPTimeout < 0 {
		return nil, fmt.Errorf("sns: HTTPTimeout is %s, want 0 or more", c.HTTPTimeout)
	}
	if c.Region == "" {
		c.Region = DefaultRegion
	}
	if c.AccountID == "" {
		c.AccountID = DefaultAccountID
	}
	if c.Clock == nil {
		c.Clock = machineClock{}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.HTTPAttempts == 0 {
		c.HTTPAttempts = DefaultHTTPAttempts
	}
	if c.HTTPBackoff == 0 {
		c.HTTPBackoff = DefaultHTTPBackoff
	}
	if c.HTTPTimeout == 0 {
		c.HTTPTimeout = DefaultHTTPTimeout
	}
	s := &Server{
		queues:     c.Queues,
		region:     c.Region,
		accountID:  c.AccountID,
		clock:      c.Clock,
		log:        c.Logger,
		client:     &http.Client{Transport: c.Transport, Timeout: c.HTTPTimeout},
		attempts:   c.HTTPAttempts,
		backoff:    c.HTTPBackoff,
		operations: operations(),
		slots:      make(chan struct{}, maxPendingHTTP),
		drain:      make(chan struct{}, 1),
		topics:     map[string]*topic{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Close gives up the HTTP deliveries that are pending and waits for their
// goroutines. Later publishes are refused.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.pending.Wait()
}

// Drain waits until no HTTP delivery is pending: each has succeeded or used up
// its attempts. New ones wait meanwhile. It returns an error when ctx ends first.
func (s *Server) Drain(ctx context.Context) error {
	select {
	case s.drain <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("sns: wait for another drain: %w", ctx.Err())
	}
	defer func() { <-s.drain }()
	// Whoever holds all the slots knows that no delivery holds one.
	held := 0
	defer func() {
		for range held {
			<-s.slots
		}
	}()
	for ; held < maxPendingHTTP; held++ {
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("sns: wait for HTTP deliveries: %w", ctx.Err())
		}
	}
	return nil
}

type machineClock struct{}

func (machineClock) Now() time.Time                         { return time.Now() }
func (machineClock) After(d time.Duration) <-chan time.Time { return time.After(d) }
