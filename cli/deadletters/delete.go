package deadletters

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Deleted is what became of a deletion. Failed messages may still be in the DLQ.
type Deleted struct {
	Deleted int64 `json:"deleted"`
	Failed  int64 `json:"failed"`
	// Missing are the ids that no message had.
	Missing []string `json:"missing,omitempty"`
	// Left is how many messages the DLQ has in the end.
	Left Count `json:"left"`
	// Interrupted says that ctx ended before the work did.
	Interrupted bool `json:"interrupted"`
}

// Delete deletes messages for good: those of ids, by their message id or their event's, or
// every one when there are none, as far as the filter takes them. When ctx ends, the one in
// hand is finished and the rest given back. each is called with every message that was, or
// could not be, deleted.
//
// The error is of receiving, or the last one of deleting.
func (q *Queue) Delete(ctx context.Context, ids []string, filter Filter, each func(Letter, error)) (Deleted, error) {
	var out Deleted
	var lastErr error
	found := map[string]bool{}
	scan, err := q.scanAll(ctx, filter, 0)
	if err != nil {
		return out, err
	}
	for l, scanErr := range scan.letters(ctx) {
		if scanErr != nil {
			err = scanErr
			break
		}
		if len(ids) > 0 && !slices.ContainsFunc(ids, l.is) {
			continue
		}
		for _, id := range ids {
			found[id] = found[id] || l.is(id)
		}
		deleteErr := q.delete(ctx, *l)
		each(*l, deleteErr)
		if deleteErr != nil {
			out.Failed++
			lastErr = deleteErr
			continue
		}
		l.kept = true
		out.Deleted++
	}
	if ctx.Err() != nil {
		out.Interrupted, err = true, nil
	}
	for _, id := range ids {
		if !found[id] {
			out.Missing = append(out.Missing, id)
		}
	}
	left, countErr := q.Count(context.WithoutCancel(ctx))
	out.Left = left
	return out, errors.Join(err, lastErr, countErr)
}

// delete deletes a message even when ctx ends meanwhile.
func (q *Queue) delete(ctx context.Context, l Letter) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	if _, err := q.cfg.Client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.cfg.DLQURL, ReceiptHandle: aws.String(l.receipt)}); err != nil {
		return fmt.Errorf("delete message %s from the DLQ: %w", l.MessageID, err)
	}
	return nil
}
