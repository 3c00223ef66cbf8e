package eventsource

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	batchLimit         = 10 // the most entries that SQS takes in a batch call
	deleteAttempts     = 3
	firstThrottleDelay = 50 * time.Millisecond
	maxThrottleDelay   = 2 * time.Second
)

// process invokes the function with the batch and deletes what succeeded. It polls no
// more when polling has ended, but the invocation goes on as long as invocations lasts.
func (m *Mapping) process(polling, invocations context.Context, batch []message) {
	begun := time.Now()
	result := m.invoke(polling, invocations, batch)
	if result.abandoned {
		m.abandon(invocations, batch)
		return
	}
	m.noteInvocation(result.failure != "")

	var succeeded []message
	for _, b := range batch {
		if result.failure == "" && !result.failedItems[b.id] {
			succeeded = append(succeeded, b)
		}
	}
	undeleted := m.remove(invocations, succeeded)
	m.logBatch(result, len(batch), len(batch)-len(succeeded), undeleted, time.Since(begun))
}

// outcome is what became of a batch. A failure is that of the whole batch.
type outcome struct {
	failure     string
	detail      string
	failedItems map[string]bool
	throttled   int
	abandoned   bool // not invoked, because the mapping is stopping
}

// invoke calls the function, again and again with growing pauses while it is throttled
// and the messages are still hidden from other receivers.
func (m *Mapping) invoke(polling, invocations context.Context, batch []message) outcome {
	event, err := payload(batch)
	if err != nil {
		return outcome{failure: "payload", detail: err.Error()}
	}
	trace := traceOf(batch)
	hiddenUntil := batch[0].visibleAgain
	for throttled := 0; ; throttled++ {
		answer, functionError, err := m.cfg.Function.Call(invocations, event, trace)
		if !isThrottled(err) {
			result := m.judge(answer, functionError, err, batch)
			result.throttled = throttled
			return result
		}
		sleep(polling, backOff(throttled+1, firstThrottleDelay, maxThrottleDelay))
		if polling.Err() != nil {
			return outcome{abandoned: true}
		}
		if !time.Now().Before(hiddenUntil) {
			return outcome{failure: "throttled", detail: err.Error(), throttled: throttled + 1}
		}
	}
}

func (m *Mapping) judge(answer []byte, functionError string, err error, batch []message) outcome {
	switch {
	case err != nil:
		return outcome{failure: "invocation", detail: err.Error()}
	case functionError != "":
		return outcome{failure: "function", detail: functionError + ": " + errorTypeOf(answer)}
	case !m.cfg.ReportBatchItemFailures:
		return outcome{}
	}
	failed, err := failedItems(answer, batch)
	if err != nil {
		return outcome{failure: "answer", detail: err.Error()}
	}
	return outcome{failedItems: failed}
}

func isThrottled(err error) bool {
	var status interface{ HTTPStatusCode() int }
	return errors.As(err, &status) && status.HTTPStatusCode() == http.StatusTooManyRequests
}

func (m *Mapping) logBatch(result outcome, size, failed, undeleted int, took time.Duration) {
	attributes := []any{
		"batch_size", size, "failed_items", failed,
		"duration_ms", float64(took.Microseconds()) / 1_000,
	}
	if result.throttled > 0 {
		attributes = append(attributes, "throttled", result.throttled)
	}
	if undeleted > 0 {
		attributes = append(attributes, "undeleted", undeleted)
	}
	if result.failure != "" {
		attributes = append(attributes, "failure", result.failure, "detail", result.detail)
		m.logger.Warn("batch failed and returns to the queue", attributes...)
		return
	}
	m.logger.Debug("batch processed", attributes...)
}

// remove deletes the messages and returns how many could not be deleted, which then come
// again. It works in the time that invocations leave, and not at all after they are cut.
func (m *Mapping) remove(ctx context.Context, messages []message) (undeleted int) {
	for len(messages) > 0 {
		chunk := messages[:min(batchLimit, len(messages))]
		messages = messages[len(chunk):]
		for attempt := 1; len(chunk) > 0; attempt++ {
			rest, err := m.removeChunk(ctx, chunk)
			if len(rest) == 0 {
				break
			}
			chunk = rest
			if attempt == deleteAttempts || ctx.Err() != nil {
				m.logger.Warn("messages cannot be deleted and will come again", "messages", len(chunk), "error", err)
				undeleted += len(chunk)
				break
			}
			sleep(ctx, backOff(attempt, firstErrorDelay, maxErrorDelay))
		}
	}
	return undeleted
}

// removeChunk deletes up to ten messages and returns those that are worth another try.
// A handle that SQS refuses as the caller's fault will never be taken.
func (m *Mapping) removeChunk(ctx context.Context, chunk []message) ([]message, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	entries := make([]types.DeleteMessageBatchRequestEntry, len(chunk))
	for i, c := range chunk {
		entries[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(c.receiptHandle)}
	}
	out, err := m.cfg.Queue.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: aws.String(m.cfg.QueueURL), Entries: entries})
	if err != nil {
		return chunk, err
	}
	var rest []message
	var refusal error
	for _, failed := range out.Failed {
		i, err := strconv.Atoi(aws.ToString(failed.Id))
		if err != nil || i < 0 || i >= len(chunk) {
			continue
		}
		if failed.SenderFault {
			m.logger.Warn("a message cannot be deleted", "message_id", chunk[i].id,
				"code", aws.ToString(failed.Code), "error", aws.ToString(failed.Message))
			continue
		}
		rest = append(rest, chunk[i])
		refusal = errors.New(aws.ToString(failed.Code) + ": " + aws.ToString(failed.Message))
	}
	return rest, refusal
}

// abandon makes messages that no invocation has seen visible again at once. Where that
// fails they become so by themselves, when their visibility time-out is over.
func (m *Mapping) abandon(ctx context.Context, messages []message) {
	for len(messages) > 0 {
		chunk := messages[:min(batchLimit, len(messages))]
		messages = messages[len(chunk):]
		entries := make([]types.ChangeMessageVisibilityBatchRequestEntry, len(chunk))
		for i, c := range chunk {
			entries[i] = types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(c.receiptHandle)}
		}
		if err := m.makeVisible(ctx, entries); err != nil {
			m.logger.Warn("messages stay hidden until their visibility timeout is over", "messages", len(chunk), "error", err)
		}
	}
}

func (m *Mapping) makeVisible(ctx context.Context, entries []types.ChangeMessageVisibilityBatchRequestEntry) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := m.cfg.Queue.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: aws.String(m.cfg.QueueURL),
		Entries:  entries,
	})
	return err
}
