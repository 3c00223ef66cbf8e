package sqsqueue_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/ingest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/sqsqueue"
)

func ExampleSender_Send() {
	client := &fakeSQS{} // in a function: sqs.NewFromConfig(…)
	sender, err := sqsqueue.NewSender(client, sqsqueue.Config{QueueURL: queueURL})
	if err != nil {
		panic(err)
	}
	errs := sender.Send(context.Background(), []ingest.Message{
		{Body: `{"event_id":"a"}`, EventID: "a", CorrelationID: "c"},
		{Body: `{"event_id":"b"}`, EventID: "b", CorrelationID: "c"},
	})
	fmt.Println(errs, len(client.taken))
	// Output: [<nil> <nil>] 2
}

func ExampleDeadLetters_Send() {
	client := &fakeSQS{}
	letters, err := sqsqueue.NewDeadLetters(client, sqsqueue.Config{QueueURL: queueURL})
	if err != nil {
		panic(err)
	}
	errs := letters.Send(context.Background(), []process.DeadLetter{{
		Message: process.Message{Body: "not an envelope"},
		Code:    fault.InvalidEnvelope,
		Reason:  "the message body is not an envelope",
	}})
	fmt.Println(errs, client.taken[0].attributes)
	// Output: [<nil>] map[error_code:invalid_envelope error_reason:the message body is not an envelope]
}

func ExamplePostponer_Postpone() {
	postponer, err := sqsqueue.NewPostponer(sqs.New(sqs.Options{}), sqsqueue.Config{QueueURL: queueURL})
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // the function is about to end: nothing is called any more
	for _, err := range postponer.Postpone(ctx, []process.Postponement{{ReceiptHandle: "r", Delay: time.Minute}}) {
		fmt.Println(err)
	}
	// Output: queue_unavailable: the queue cannot be reached: context canceled
}
