package checker

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

const (
	// readTimeout bounds the reading of a table or a queue, callTimeout one call.
	readTimeout = 5 * time.Minute
	callTimeout = 30 * time.Second

	// readFor is how long letters that were read stay invisible, in seconds. An answer of
	// SQS that is lost on its way hides its messages: they are read when they are visible
	// again.
	readFor   = 20
	readPause = 500 * time.Millisecond
)

// Tables reads the events, with payloads out of the bucket for those that lie there, and
// the keys.
func Tables(ctx context.Context, db *pgx.Conn, bucket *s3.Client) (rows []Row, keys []Key, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	type stored struct {
		ID              string
		Hash            []byte
		Payload         *string
		Bucket, Keypath *string
		At              time.Time
	}
	found, err := db.Query(ctx, `SELECT event_id, payload_sha256, payload, s3_bucket, s3_key, created_at FROM events`)
	if err != nil {
		return nil, nil, fmt.Errorf("read the events: %w", err)
	}
	all, err := pgx.CollectRows(found, pgx.RowToStructByPos[stored])
	if err != nil {
		return nil, nil, fmt.Errorf("read the events: %w", err)
	}
	for _, s := range all {
		row := Row{ID: s.ID, SHA256: hex.EncodeToString(s.Hash), StoredAt: s.At}
		switch {
		case s.Payload != nil:
			row.Payload = []byte(*s.Payload)
		case s.Bucket != nil && s.Keypath != nil:
			if row.Payload, err = object(ctx, bucket, *s.Bucket, *s.Keypath); err != nil {
				row.Missing = err.Error()
			}
		default:
			row.Missing = "the row has neither a payload nor an object"
		}
		rows = append(rows, row)
	}
	marks, err := db.Query(ctx, `SELECT event_id, status, coalesce(error_code, '') FROM idempotency_keys`)
	if err != nil {
		return nil, nil, fmt.Errorf("read the idempotency keys: %w", err)
	}
	if keys, err = pgx.CollectRows(marks, pgx.RowToStructByPos[Key]); err != nil {
		return nil, nil, fmt.Errorf("read the idempotency keys: %w", err)
	}
	return rows, keys, nil
}

func object(ctx context.Context, client *s3.Client, bucket, key string) (_ []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, fmt.Errorf("read the object %s: %w", key, err)
	}
	defer func() { err = errors.Join(err, got.Body.Close()) }()
	payload, err := io.ReadAll(io.LimitReader(got.Body, contract.BodyLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read the object %s: %w", key, err)
	}
	return payload, nil
}

// Letters reads the DLQ until it has read as many messages as the queue says that it has,
// and leaves it as it was.
func Letters(ctx context.Context, client *sqs.Client, queueURL string) ([]Letter, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	var out []Letter
	seen := map[string]bool{} // by message id
	for {
		messages, err := receive(ctx, client, &sqs.ReceiveMessageInput{
			QueueUrl: &queueURL, MaxNumberOfMessages: contract.CallEntries, VisibilityTimeout: readFor, MessageAttributeNames: []string{"All"},
		})
		if err != nil {
			return nil, fmt.Errorf("read the DLQ: %w", err)
		}
		for _, m := range messages {
			if id := aws.ToString(m.MessageId); !seen[id] {
				seen[id] = true
				out = append(out, letter(m))
			}
		}
		if len(messages) > 0 {
			continue
		}
		if left, err := depth(ctx, client, queueURL); err != nil || len(seen) >= left {
			return out, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("read the DLQ: %d messages were read, and there are more: %w", len(seen), ctx.Err())
		case <-time.After(readPause):
		}
	}
}

// depth returns how many messages a queue has, those in flight included. None of the
// queues that are checked delays any.
func depth(ctx context.Context, client *sqs.Client, queueURL string) (sum int, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	names := []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible}
	got, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &queueURL, AttributeNames: names})
	if err != nil {
		return 0, fmt.Errorf("count the messages of %s: %w", queueURL, err)
	}
	for _, name := range names {
		n, err := strconv.Atoi(got.Attributes[string(name)])
		if err != nil {
			return 0, fmt.Errorf("count the messages of %s: %s: %w", queueURL, name, err)
		}
		sum += n
	}
	return sum, nil
}

// letter takes the id that the processor gave it, else the one of the body: some letters
// have a body that is not an envelope.
func letter(m types.Message) Letter {
	var envelope struct {
		ID   string `json:"event_id"`
		Hash string `json:"payload_sha256"`
	}
	out := Letter{ID: attribute(m, contract.AttrEventID), Code: fault.Code(attribute(m, contract.AttrErrorCode))}
	if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &envelope); err == nil {
		out.SHA256 = envelope.Hash
		if out.ID == "" {
			out.ID = envelope.ID
		}
	}
	return out
}

func attribute(m types.Message, name string) string {
	return aws.ToString(m.MessageAttributes[name].StringValue)
}

func receive(ctx context.Context, client *sqs.Client, in *sqs.ReceiveMessageInput) ([]types.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	got, err := client.ReceiveMessage(ctx, in)
	if err != nil {
		return nil, err
	}
	return got.Messages, nil
}
