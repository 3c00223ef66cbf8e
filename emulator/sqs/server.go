package sqs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/fluxa/fluxa/emulator/sqs/internal/broker"
)

// Region and AccountID stand in the ARNs and URLs of queues and topics.
const (
	Region    = "us-east-1"
	AccountID = "000000000000"
)

// senderID is what SenderId says of every message: signatures are not read, so
// the real sender is not known. It has the form of an IAM user's id.
const senderID = "AIDAEMULATOR000000000"

// Config says where a Server keeps its queues. Path is required; its folder is
// made when absent. Zero values of the rest mean time.Now, slog's default logger, a flush to the disk with each
// commit, and 120,000 messages in flight a queue. A Now that jumps ahead ends
// visibility time-outs and delays; long polls still wait in real time.
type Config struct {
	Path   string
	Now    func() time.Time
	Logger *slog.Logger
	// NoSync leaves out the flush: faster, still safe against kill -9, but a
	// power cut may damage the file.
	NoSync bool
	// MaxInFlight is the number of messages of one queue that may be received
	// and not yet deleted.
	MaxInFlight int
}

// Stats counts the messages of a queue: those a receiver would get now, those
// received and not deleted, and those under a delay.
type Stats struct {
	Visible  int
	InFlight int
	Delayed  int
}

// Empty reports that the queue holds no message in any state.
func (s Stats) Empty() bool { return s == Stats{} }

// Server serves the queues of one file. It is an http.Handler for requests with
// an X-Amz-Target of AmazonSQS, and offers the few calls that other
// services of the emulator make without HTTP. It may be used concurrently.
type Server struct {
	broker     *broker.Broker
	log        *slog.Logger
	operations map[string]operation
}

var _ http.Handler = (*Server)(nil)

// ErrNoSuchQueue answers a Go call that names an unknown queue.
var ErrNoSuchQueue = errors.New("queue does not exist")

// Open opens the file at Config.Path, or makes it, and reads what it holds. It
// fails when another process has the file open.
func Open(c Config) (*Server, error) {
	if c.Path == "" {
		return nil, errors.New("sqs: Path is empty, want the file that keeps the queues")
	}
	if c.MaxInFlight < 0 {
		return nil, fmt.Errorf("sqs: MaxInFlight is %d, want 0 or more", c.MaxInFlight)
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	b, err := broker.Open(broker.Options{
		Path:        c.Path,
		Now:         c.Now,
		Logger:      c.Logger,
		NoSync:      c.NoSync,
		MaxInFlight: c.MaxInFlight,
	})
	if err != nil {
		return nil, fmt.Errorf("sqs: %w", err)
	}
	return &Server{
		broker:     b,
		log:        c.Logger,
		operations: operations(),
	}, nil
}

// Close ends the long polls, finishes what was accepted and closes the file.
func (s *Server) Close() error {
	if err := s.broker.Close(); err != nil {
		return fmt.Errorf("sqs: %w", err)
	}
	return nil
}

// Stats returns the counts of a queue. Returns ErrNoSuchQueue.
func (s *Server) Stats(queue string) (Stats, error) {
	info, err := s.broker.Queue(queue)
	if err != nil {
		return Stats{}, s.goError("count messages of", queue, err)
	}
	return Stats(info.Stats), nil
}

// Age returns how long ago the oldest message of a queue was sent, 0 when it has none.
// It looks at the message that is received next and at those in flight or delayed, not at
// all that wait. CloudWatch's ApproximateAgeOfOldestMessage tells it of SQS. Returns
// ErrNoSuchQueue.
func (s *Server) Age(queue string) (time.Duration, error) {
	age, err := s.broker.Age(queue)
	if err != nil {
		return 0, s.goError("look for the oldest message of", queue, err)
	}
	return age, nil
}

// EnsureQueue makes a queue with these attributes, or sets them on the one that
// is there, and returns its ARN. Unlike CreateQueue it does not refuse a queue
// whose attributes differ: a program calls it at each start with today's
// settings. Attributes that are not named keep their value.
func (s *Server) EnsureQueue(ctx context.Context, queue string, attributes map[string]string) (string, error) {
	if err := checkQueueName(queue); err != nil {
		return "", fmt.Errorf("sqs: ensure queue %s: %w", queue, err)
	}
	settings := defaultSettings()
	if err := applyAttributes(&settings, attributes); err != nil {
		return "", fmt.Errorf("sqs: ensure queue %s: %w", queue, err)
	}
	keep := func(broker.Settings) error { return nil }
	if err := s.broker.Create(ctx, queue, settings, keep); err != nil {
		return "", s.goError("ensure", queue, err)
	}
	err := s.broker.Update(ctx, queue, func(current *broker.Settings) error {
		return applyAttributes(current, attributes)
	})
	if err != nil {
		return "", s.goError("ensure", queue, err)
	}
	return arnOf(queue), nil
}

// Attribute is a message attribute: Binary holds the value of the Binary data
// types, String that of the others.
type Attribute struct {
	DataType string
	String   string
	Binary   []byte
}

// Outgoing is a message that another emulated service puts on a queue.
type Outgoing struct {
	Body        string
	Attributes  map[string]Attribute
	TraceHeader string
}

// Deliver puts a message on the queue of that ARN and returns once it is
// durable. Returns ErrNoSuchQueue, and ErrRefused for a message that SendMessage
// would refuse: such a message will never be accepted.
func (s *Server) Deliver(ctx context.Context, queueARN string, m Outgoing) error {
	queue, ok := queueOfARN(queueARN)
	if !ok {
		return fmt.Errorf("sqs: deliver to %s: %w", queueARN, ErrNoSuchQueue)
	}
	info, err := s.broker.Queue(queue)
	if err != nil {
		return s.goError("deliver to", queue, err)
	}
	message := broker.Message{
		Body:        m.Body,
		TraceHeader: m.TraceHeader,
		SenderID:    senderID,
		Attributes:  map[string]broker.Attribute{},
	}
	for name, a := range m.Attributes {
		message.Attributes[name] = broker.Attribute(a)
	}
	if err := checkMessage(message, info.Settings.MaxMessageBytes); err != nil {
		return fmt.Errorf("sqs: deliver to %s: %w: %w", queueARN, ErrRefused, err)
	}
	if _, err := s.broker.Send(ctx, queue, []broker.Message{message}); err != nil {
		return s.goError("deliver to", queue, err)
	}
	return nil
}

// ErrRefused answers a delivery of a message that breaks a limit of SQS.
var ErrRefused = errors.New("message refused")

func (s *Server) goError(what, queue string, err error) error {
	if errors.Is(err, broker.ErrQueueNotFound) {
		err = ErrNoSuchQueue
	}
	return fmt.Errorf("sqs: %s queue %s: %w", what, queue, err)
}
