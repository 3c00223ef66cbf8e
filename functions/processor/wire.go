package main

import (
	"context"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/database"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/s3blob"
	"github.com/fluxa/fluxa/pkg/snsnotify"
	"github.com/fluxa/fluxa/pkg/sqsqueue"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// wire makes the handler out of the settings; tests start the function by it too.
func wire(ctx context.Context, out io.Writer, c config.Processor) (any, error) {
	base, err := boot.NewBase(ctx, out, contract.FunctionProcessor, c.Service)
	if err != nil {
		return nil, err
	}
	with, err := open(base, c)
	if err != nil {
		return nil, err
	}
	h, err := newHandler(base, with.config())
	if err != nil {
		return nil, err
	}
	return boot.Checked(base, boot.Handler(h.Handle), with.checks()...), nil
}

func newHandler(base boot.Base, c process.Config) (*handler, error) {
	service, err := process.New(c)
	if err != nil {
		return nil, err
	}
	metrics, err := base.Metrics(contract.NamespaceProcessor)
	if err != nil {
		return nil, err
	}
	return &handler{service: service, base: base, metrics: metrics}, nil
}

// adapters are what the processor works with.
type adapters struct {
	store     *pgstore.Store
	blobs     *s3blob.Bucket
	topic     *snsnotify.Topic
	letters   *sqsqueue.DeadLetters
	postponer *sqsqueue.Postponer
	backoff   process.Backoff
}

func open(base boot.Base, c config.Processor) (a adapters, err error) {
	a.backoff = process.Backoff{Base: c.Base(), Max: c.Max()}
	if a.store, err = database.Open(base, c.Database); err != nil {
		return a, err
	}
	if a.blobs, err = s3blob.New(s3blob.NewClient(base.AWS), s3blob.Config{Bucket: c.PayloadBucket}); err != nil {
		return a, err
	}
	if a.topic, err = snsnotify.New(sns.NewFromConfig(base.AWS), snsnotify.Config{TopicARN: c.TopicARN}); err != nil {
		return a, err
	}
	client := sqs.NewFromConfig(base.AWS)
	if a.letters, err = sqsqueue.NewDeadLetters(client, sqsqueue.Config{QueueURL: c.DLQURL, TraceHeader: telemetry.TraceHeader}); err != nil {
		return a, err
	}
	a.postponer, err = sqsqueue.NewPostponer(client, sqsqueue.Config{QueueURL: c.QueueURL})
	return a, err
}

func (a adapters) config() process.Config {
	return process.Config{
		Store: a.store, Blobs: a.blobs, Notifier: a.topic, DeadLetters: a.letters, Postponer: a.postponer, Backoff: a.backoff,
	}
}
