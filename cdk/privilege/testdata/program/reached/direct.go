package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// tool has a method that an interface of ours has, and one that none has.
type tool struct{ client *sqs.Client }

type worker interface{ work(context.Context) }

func (t *tool) work(ctx context.Context) {
	_, _ = t.client.DeleteQueue(ctx, &sqs.DeleteQueueInput{}) // want sqs.DeleteQueue
}

func (t *tool) idle(ctx context.Context) {
	_, _ = t.client.CreateQueue(ctx, &sqs.CreateQueueInput{})
}

func (t *tool) value(ctx context.Context) {
	_, _ = t.client.TagQueue(ctx, &sqs.TagQueueInput{}) // want sqs.TagQueue
}

func (t *tool) expression(ctx context.Context) {
	_, _ = t.client.UntagQueue(ctx, &sqs.UntagQueueInput{}) // want sqs.UntagQueue
}

// porter is only ever embedded.
type porter struct{}

func (porter) work(ctx context.Context) {
	_, _ = client.DeleteMessageBatch(ctx, nil) // want sqs.DeleteMessageBatch
}

// form takes an input and calls nothing.
type form struct{}

func (form) fill(*sqs.CreateQueueInput) {}

type filler interface{ fill(*sqs.CreateQueueInput) }

type wrapped struct{ *sqs.Client }

// mover is filled by what is embedded in wrapped.
type mover interface {
	StartMessageMoveTask(context.Context, *sqs.StartMessageMoveTaskInput, ...func(*sqs.Options)) (*sqs.StartMessageMoveTaskOutput, error)
}

func directly(ctx context.Context) {
	_, _ = client.PurgeQueue(ctx, &sqs.PurgeQueueInput{})                // want sqs.PurgeQueue
	_, _ = wrapped{client}.AddPermission(ctx, &sqs.AddPermissionInput{}) // want sqs.AddPermission
	go func() {
		_, _ = client.DeleteMessage(ctx, &sqs.DeleteMessageInput{}) // want sqs.DeleteMessage
	}()
	go client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{})        // want sqs.ReceiveMessage
	defer client.RemovePermission(ctx, &sqs.RemovePermissionInput{}) // want sqs.RemovePermission

	var m mover = wrapped{client}
	_, _ = m.StartMessageMoveTask(ctx, nil) // want sqs.StartMessageMoveTask
	var w worker = &tool{client}
	w.work(ctx)
	w = struct{ *porter }{&porter{}}
	w.work(ctx)
	for _, f := range []filler{form{}} {
		f.fill(&sqs.CreateQueueInput{})
	}
	pages := sqs.NewListQueuesPaginator(client, &sqs.ListQueuesInput{}) // want sqs.ListQueues
	_, _ = pages.NextPage(ctx)
}

func asValues(ctx context.Context) {
	t := &tool{client}
	for _, f := range []func(context.Context){t.value, func(ctx context.Context) { (*tool).expression(t, ctx) }} {
		f(ctx)
	}
	set := client.SetQueueAttributes // want sqs.SetQueueAttributes
	_, _ = set(ctx, &sqs.SetQueueAttributesInput{})
	var m interface {
		CancelMessageMoveTask(context.Context, *sqs.CancelMessageMoveTaskInput, ...func(*sqs.Options)) (*sqs.CancelMessageMoveTaskOutput, error)
	} = client
	cancel := m.CancelMessageMoveTask // want sqs.CancelMessageMoveTask
	go func() { _ = cancel }()
}
