package eventsource_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/emulator/eventsource"
)

// printer is a function as a mapping sees it. A *lambda.Function is one too.
type printer struct{}

func (printer) Call(_ context.Context, payload []byte, _ string) (answer []byte, functionError string, err error) {
	fmt.Println(string(payload))
	return []byte(`{"batchItemFailures":[]}`), "", nil
}

func ExampleNew() {
	mapping, err := eventsource.New(eventsource.Config{
		Function:                printer{},
		FunctionName:            "processor",
		FunctionTimeout:         30 * time.Second,
		Queue:                   sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1:4566")}),
		QueueURL:                "http://127.0.0.1:4566/000000000000/events",
		BatchSize:               100,
		MaximumBatchingWindow:   time.Second,
		MaximumConcurrency:      2,
		ReportBatchItemFailures: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := mapping.Run(ctx); err != nil {
		fmt.Println(err)
	}
}
