package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// notification has the members that this consumer needs; docs/asyncapi.yaml has them all.
// The amount stays text: a float64 does not hold 15 digits before the point and 4 after it.
type notification struct {
	Client   string      `json:"client"` // empty in a stage without clients
	EventID  string      `json:"event_id"`
	UserID   string      `json:"user_id"`
	Amount   json.Number `json:"amount"`
	Currency string      `json:"currency"`
	Merchant string      `json:"merchant"`
}

// consume hands each notification to handle, and deletes the message when handle returns
// nil. Another message comes again after the queue's visibility time-out, and moves to its
// dead-letter queue after as many deliveries as the queue allows. It returns when ctx ends
// or the queue cannot be read.
func consume(ctx context.Context, client *sqs.Client, queueURL string, handle func(notification) error) error {
	for {
		received, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &queueURL, MaxNumberOfMessages: 10, WaitTimeSeconds: 20,
		})
		if err != nil {
			return fmt.Errorf("receive from %s: %w", queueURL, err)
		}
		for _, message := range received.Messages {
			if err := settle(ctx, client, queueURL, message, handle); err != nil {
				fmt.Fprintf(os.Stderr, "message %s stays on the queue: %v\n", aws.ToString(message.MessageId), err)
			}
		}
	}
}

func settle(ctx context.Context, client *sqs.Client, queueURL string, message types.Message, handle func(notification) error) error {
	var n notification
	if err := json.Unmarshal([]byte(aws.ToString(message.Body)), &n); err != nil {
		return fmt.Errorf("it is not JSON: %w", err)
	}
	if n.EventID == "" {
		return errors.New("it has no event_id: is raw message delivery on?")
	}
	if err := handle(n); err != nil {
		return fmt.Errorf("handle the event %s: %w", n.EventID, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second) // what is handled is deleted
	defer cancel()
	if _, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &queueURL, ReceiptHandle: message.ReceiptHandle}); err != nil {
		return fmt.Errorf("delete the message of the event %s: %w", n.EventID, err)
	}
	return nil
}
