package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

type attributes interface {
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
}

func get[C attributes](ctx context.Context, c C) {
	_, _ = c.GetQueueAttributes(ctx, nil) // want sqs.GetQueueAttributes
}

func run[I, O any](ctx context.Context, call func(context.Context, *I, ...func(*sqs.Options)) (*O, error)) {
	var in I
	_, _ = call(ctx, &in) // want sqs.SendMessageBatch
}

type box[T interface{ open(context.Context) }] struct{ content T }

func (b box[T]) unpack(ctx context.Context) { b.content.open(ctx) }

type parcel struct{}

func (parcel) open(ctx context.Context) {
	_, _ = client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{}) // want sqs.DeleteMessageBatch
}

type letter struct{}

func (letter) open(ctx context.Context) {
	_, _ = client.CreateQueue(ctx, &sqs.CreateQueueInput{})
}

func each(yield func(context.Context) bool) { yield(context.Background()) }

func generically(ctx context.Context) {
	get(ctx, client)
	run(ctx, client.SendMessageBatch) // want sqs.SendMessageBatch
	box[parcel]{}.unpack(ctx)
	for ctx := range each {
		_, _ = client.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{}) // want sqs.ListMessageMoveTasks
	}
}
