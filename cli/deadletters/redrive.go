package deadletters

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/cli/pace"
)

// errorPrefix begins the attributes that say why a message was rejected. They do
// not go back with it.
const errorPrefix = "error_"

// Redrive says what to send back. Either IDs or All is required.
type Redrive struct {
	// IDs are message ids or event ids.
	IDs []string
	All bool
	// Filter chooses among them.
	Filter Filter
	// Rate is how many messages are sent in a second at most, 0 for no limit.
	Rate pace.Rate
	// DryRun sends nothing.
	DryRun bool
	// Progress is called with each message that was moved, or could not be. Default:
	// none.
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
// attributes without those that say why it was rejected, the trace header. Each is
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
	if r.Progress == nil {
		r.Progress = func(Letter, error) {}
	}
	w := &redriving{
		queue: q, request: r, pace: pace.New(r.Rate), out: Redriven{Matched: map[string]int64{}},
		found: map[string]bool{}, exact: map[string]bool{}, sent: map[[sha256.Size]byte]bool{},
	}
	var err error
	if w.scan, err = q.scanAll(ctx, r.Filter, r.Rate); err != nil {
		return Redriven{}, err
	}
	err = w.run(ctx)
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
	pace    *pace.Pace
	failing int // messages in a row that could not be moved
	lastErr error
}

// giveUpAfter messages in a row could not be moved, neither can the others.
const giveUpAfter = 5

func (w *redriving) run(ctx context.Context) error {
	if err := w.pace.Wait(ctx, 1); err != nil {
		return err
	}
	for l, err := range w.scan.letters(ctx) {
		if err != nil {
			return err
		}
		if !w.visit(ctx, l) {
			return nil
		}
	}
	return nil
}

// visit decides on a message and sends it back if it is to be. It reports whether
// to go on.
func (w *redriving) visit(ctx context.Context, l *Letter) bool {
	switch {
	case !w.wanted(*l):
		return true
	case w.late(*l):
		w.out.Late++
		return true
	case w.request.DryRun:
		return w.count(*l)
	}
	sendErr, deleteErr := w.queue.move(ctx, *l)
	w.lastErr = errors.Join(sendErr, deleteErr)
	w.request.Progress(*l, w.lastErr)
	more := w.count(*l)
	switch {
	case sendErr != nil:
		w.out.Failed++
	case deleteErr != nil:
		w.out.Doubled++
	default:
		w.out.Sent++
	}
	if sendErr == nil {
		l.kept = true // one that was not deleted stays hidden: nothing is won by showing it early
		w.sent[sha256.Sum256([]byte(l.Body))] = true
	}
	if w.lastErr == nil {
		w.failing = 0
	} else {
		w.failing++
	}
	return more && w.failing < giveUpAfter && w.pace.Wait(ctx, 1) == nil
}

// late reports whether a message came after the redrive began. One that was sent
// back and failed again comes with a new time, but the server's clock is known
// to the second only: within that one, it is recognised by its body.
func (w *redriving) late(l Letter) bool {
	if l.SentAt.Before(w.scan.started) {
		return false
	}
	return w.sent[sha256.Sum256([]byte(l.Body))] || l.SentAt.After(w.scan.started.Add(time.Second))
}

func (w *redriving) wanted(l Letter) bool {
	return w.request.All || slices.ContainsFunc(w.request.IDs, l.is)
}

// count counts a message. It reports whether a further one can match: none can
// when every id was a message id and was seen.
func (w *redriving) count(l Letter) bool {
	w.out.Matched[l.ErrorCode]++
	more := w.request.All
	for _, id := range w.request.IDs {
		w.found[id] = w.found[id] || l.is(id)
		w.exact[id] = w.exact[id] || l.MessageID == id
		more = more || !w.exact[id]
	}
	return more
}

// move sends a message and then deletes it, even when ctx ends in between.
func (q *Queue) move(ctx context.Context, l Letter) (sendErr, deleteErr error) {
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	out, err := q.cfg.Client.SendMessage(sending, q.outgoing(l))
	if err != nil {
		return fmt.Errorf("send message %s to the events queue: %w", l.MessageID, err), nil
	}
	if aws.ToString(out.MessageId) == "" {
		return fmt.Errorf("send message %s to the events queue: the answer names no message", l.MessageID), nil
	}
	if err := q.delete(ctx, l); err != nil {
		return nil, fmt.Errorf("after it was sent back: %w", err)
	}
	return nil, nil
}

func (q *Queue) outgoing(l Letter) *sqs.SendMessageInput {
	in := &sqs.SendMessageInput{QueueUrl: &q.cfg.QueueURL, MessageBody: &l.Body}
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
