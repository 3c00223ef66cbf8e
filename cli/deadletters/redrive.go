package deadletters

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// errorPrefix begins the attributes that say why a message was given up. They do
// not go back with it.
const errorPrefix = "error_"

// Redrive says what to send back. Either IDs or All is required.
type Redrive struct {
	// IDs are message ids or event ids.
	IDs []string
	All bool
	// PerSecond is how many messages are sent in a second at most; 0: no limit.
	PerSecond float64
	// DryRun sends nothing.
	DryRun bool
	// Progress is told of each message, when it is done. Default: nobody is.
	Progress func(Letter, error)
}

// Redriven is what became of a redrive. Sent messages are back in the events
// queue; Failed ones are still in the DLQ, and only there as far as is known;
// Doubled ones were sent but could not be deleted: they are in both. Late ones
// came to the DLQ after the redrive began, some of them perhaps for the second
// time, and were left there.
type Redriven struct {
	Sent    int64 `json:"sent"`
	Failed  int64 `json:"failed"`
	Doubled int64 `json:"doubled"`
	Late    int64 `json:"late"`
	// Matched counts the messages that were asked for and seen, by error code:
	// empty for those that SQS itself moved.
	Matched map[string]int64 `json:"matched"`
	// Missing are the ids that no message had.
	Missing []string `json:"missing,omitempty"`
	// Left is how many messages the DLQ has in the end.
	Left Count `json:"left"`
	// Interrupted says that ctx ended before the work did.
	Interrupted bool `json:"interrupted"`
}

// Redrive sends messages back to the events queue: the body as it is, the
// attributes without those that say why it was given up, the trace header. Each is
// deleted from the DLQ only after the send was confirmed. When ctx ends, the one
// in hand is finished and the rest given back.
//
// The error is of the settings or of receiving; what is reported holds even then.
func (q *Queue) Redrive(ctx context.Context, r Redrive) (Redriven, error) {
	if r.All == (len(r.IDs) > 0) {
		return Redriven{}, errors.New("a redrive needs either ids or all")
	}
	if q.cfg.QueueURL == "" && !r.DryRun {
		return Redriven{}, errors.New("a redrive needs the URL of the events queue")
	}
	if r.PerSecond < 0 || (r.PerSecond > 0 && r.PerSecond < slowest) {
		return Redriven{}, fmt.Errorf("the rate is %g messages a second, it must be 0 (no limit) or at least one an hour", r.PerSecond)
	}
	if r.Progress == nil {
		r.Progress = func(Letter, error) {}
	}
	q = q.patientFor(r.PerSecond)
	w := &redriving{queue: q, request: r, out: Redriven{Matched: map[string]int64{}}, found: map[string]bool{}, exact: map[string]bool{},
		sent: map[[sha256.Size]byte]bool{}}
	w.scan = &scan{queue: q, batch: w.batch(), visit: func(l Letter) verdict { return w.visit(ctx, l) }}
	err := w.scan.run(ctx)
	if ctx.Err() != nil {
		w.out.Interrupted, err = true, nil
	}
	if w.failing >= giveUpAfter {
		err = errors.Join(err, fmt.Errorf("%d messages in a row could not be moved, the last one for this reason: %w", w.failing, w.lastErr))
	}
	for _, id := range r.IDs {
		if !w.found[id] {
			w.out.Missing = append(w.out.Missing, id)
		}
	}
	left, countErr := q.Count(context.WithoutCancel(ctx))
	w.out.Left = left
	return w.out, errors.Join(err, countErr)
}

type redriving struct {
	queue   *Queue
	request Redrive
	scan    *scan
	out     Redriven
	found   map[string]bool            // ids that a message had
	exact   map[string]bool            // those of them that are message ids, and so of one only
	sent    map[[sha256.Size]byte]bool // hashes of the bodies that were sent back
	next    time.Time
	failing int // messages in a row that could not be moved
	lastErr error
}

// giveUpAfter messages in a row could not be moved, neither can the others.
const giveUpAfter = 5

// slowest is the lowest rate of a redrive: one message an hour.
const slowest = 1.0 / 3600

// patientFor returns the queue with a visibility time-out in which a message's
// turn comes at that rate.
func (q *Queue) patientFor(perSecond float64) *Queue {
	out := *q
	if perSecond > 0 {
		turns := time.Duration(3 / perSecond * float64(time.Second))
		out.cfg.Visibility = max(q.cfg.Visibility, turns.Round(time.Second))
	}
	return &out
}

// batch is how many messages to receive at once: no more than can be sent well
// within their visibility time-out.
func (w *redriving) batch() int {
	if w.request.PerSecond == 0 || w.request.DryRun {
		return 10
	}
	inTime := w.request.PerSecond * w.queue.cfg.Visibility.Seconds() / 3
	return int(min(10, max(1, inTime)))
}

func (w *redriving) visit(ctx context.Context, l Letter) verdict {
	if !w.wanted(l) {
		return giveBack
	}
	if w.late(l) {
		w.out.Late++
		return giveBack
	}
	if w.request.DryRun {
		return w.decide(l, giveBack)
	}
	if w.pause(ctx) != nil {
		return giveBack
	}
	if time.Until(l.hiddenUntil) < w.margin() {
		return tooLate
	}
	sent, deleted := w.move(ctx, l)
	w.lastErr = errors.Join(sent, deleted)
	w.request.Progress(l, w.lastErr)
	if sent == nil {
		w.sent[sha256.Sum256([]byte(l.Body))] = true
	}
	if w.lastErr == nil {
		w.failing = 0
		w.out.Sent++
		return w.decide(l, gone)
	}
	w.failing++
	v := giveBack
	if sent != nil {
		w.out.Failed++
	} else {
		w.out.Doubled++
		v = gone // it stays hidden for a while: nothing is won by showing it early
	}
	if v = w.decide(l, v); w.failing < giveUpAfter {
		return v
	}
	if v == gone || v == goneAndStop {
		return goneAndStop
	}
	return giveBackAndStop
}

// late tells whether a message came after the redrive began. One that was sent
// back and given up again comes with a new time, but the server's clock is known
// to the second only: within that one, it is told by its body.
func (w *redriving) late(l Letter) bool {
	if l.SentAt.Before(w.scan.started) {
		return false
	}
	return w.sent[sha256.Sum256([]byte(l.Body))] || l.SentAt.After(w.scan.started.Add(time.Second))
}

// margin is how much of the visibility time-out must be left for a message to be
// sent: another redrive may have it after that.
func (w *redriving) margin() time.Duration { return w.queue.cfg.Visibility / 5 }

func (w *redriving) wanted(l Letter) bool {
	if w.request.All {
		return true
	}
	for _, id := range w.request.IDs {
		if l.is(id) {
			return true
		}
	}
	return false
}

// decide counts a message, and stops the scan when every id was a message id and
// was seen: then no further message can match.
func (w *redriving) decide(l Letter, v verdict) verdict {
	w.out.Matched[l.ErrorCode]++
	for _, id := range w.request.IDs {
		w.found[id] = w.found[id] || l.is(id)
		w.exact[id] = w.exact[id] || l.MessageID == id
	}
	for _, id := range w.request.IDs {
		if !w.exact[id] {
			return v
		}
	}
	switch {
	case w.request.All:
		return v
	case v == gone:
		return goneAndStop
	default:
		return giveBackAndStop
	}
}

// pause waits for the message's turn.
func (w *redriving) pause(ctx context.Context) error {
	if w.request.PerSecond == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Until(w.next))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	w.next = time.Now().Add(time.Duration(float64(time.Second) / w.request.PerSecond))
	return nil
}

// move sends a message and then deletes it, even when ctx ends in between.
func (w *redriving) move(ctx context.Context, l Letter) (sendErr, deleteErr error) {
	q := w.queue
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), q.cfg.Timeout)
	defer cancel()
	out, err := q.cfg.Client.SendMessage(sending, w.outgoing(l))
	if err != nil {
		return fmt.Errorf("send message %s to the events queue: %w", l.MessageID, err), nil
	}
	if aws.ToString(out.MessageId) == "" {
		return fmt.Errorf("send message %s to the events queue: the answer names no message", l.MessageID), nil
	}
	deleting, cancelDelete := context.WithTimeout(context.WithoutCancel(ctx), q.cfg.Timeout)
	defer cancelDelete()
	if _, err := q.cfg.Client.DeleteMessage(deleting, &sqs.DeleteMessageInput{QueueUrl: &q.cfg.DLQURL, ReceiptHandle: &l.receipt}); err != nil {
		return nil, fmt.Errorf("delete message %s from the DLQ, after it was sent back: %w", l.MessageID, err)
	}
	return nil, nil
}

func (w *redriving) outgoing(l Letter) *sqs.SendMessageInput {
	in := &sqs.SendMessageInput{QueueUrl: &w.queue.cfg.QueueURL, MessageBody: &l.Body}
	for name, value := range l.attributes {
		if strings.HasPrefix(name, errorPrefix) {
			continue
		}
		if in.MessageAttributes == nil {
			in.MessageAttributes = map[string]types.MessageAttributeValue{}
		}
		in.MessageAttributes[name] = types.MessageAttributeValue{
			DataType: value.DataType, StringValue: value.StringValue, BinaryValue: value.BinaryValue,
		}
	}
	if l.traceHeader != "" {
		in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{
			string(types.MessageSystemAttributeNameForSendsAWSTraceHeader): {DataType: aws.String("String"), StringValue: &l.traceHeader},
		}
	}
	return in
}
