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
	config, err := adapters(base, c)
	if err != nil {
		return nil, err
	}
	h, err := newHandler(base, config)
	if err != nil {
		return nil, err
	}
	return boot.Handler(h.Handle), nil
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

func adapters(base boot.Base, c config.Processor) (process.Config, error) {
	none := process.Config{}
	store, err := database.Open(base, c.Database)
	if err != nil {
		return none, err
	}
	blobs, err := s3blob.New(s3blob.NewClient(base.AWS), s3blob.Config{Bucket: c.PayloadBucket})
	if err != nil {
		return none, err
	}
	topic, err := snsnotify.New(sns.NewFromConfig(base.AWS), snsnotify.Config{TopicARN: c.TopicARN})
	if err != nil {
		return none, err
	}
	client := sqs.NewFromConfig(base.AWS)
	letters, err := sqsqueue.NewDeadLetters(client, sqsqueue.Config{QueueURL: c.DLQURL, TraceHeader: telemetry.TraceHeader})
	if err != nil {
		return none, err
	}
	postponer, err := sqsqueue.NewPostponer(client, sqsqueue.Config{QueueURL: c.QueueURL})
	if err != nil {
		return none, err
	}
	return process.Config{
		Store: store, Blobs: blobs, Notifier: topic, DeadLetters: letters, Postponer: postponer,
		Backoff: process.Backoff{Base: c.Base(), Max: c.Max()},
	}, nil
}
