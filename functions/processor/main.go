// Command processor is the Lambda that takes events from the queue into the
// database.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/s3blob"
	"github.com/fluxa/fluxa/pkg/snsnotify"
	"github.com/fluxa/fluxa/pkg/sqsqueue"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

func main() { boot.Main(contract.FunctionProcessor, wire) }

func wire(ctx context.Context, c config.Processor) (any, error) {
	base, err := boot.NewBase(ctx, contract.FunctionProcessor, c.Service)
	if err != nil {
		return nil, err
	}
	service, err := newService(base, c)
	if err != nil {
		return nil, err
	}
	metrics, err := base.Metrics(contract.NamespaceProcessor, contract.FunctionProcessor, c.Service)
	if err != nil {
		return nil, err
	}
	return (&handler{service: service, base: base, metrics: metrics}).Handle, nil
}

func newService(base boot.Base, c config.Processor) (*process.Service, error) {
	store, err := base.Store(c.Database)
	if err != nil {
		return nil, err
	}
	blobs, err := s3blob.New(s3blob.NewClient(base.AWS), s3blob.Config{Bucket: c.PayloadBucket})
	if err != nil {
		return nil, err
	}
	topic, err := snsnotify.New(sns.NewFromConfig(base.AWS), snsnotify.Config{TopicARN: c.TopicARN})
	if err != nil {
		return nil, err
	}
	client := sqs.NewFromConfig(base.AWS)
	letters, err := sqsqueue.NewDeadLetters(client, sqsqueue.Config{QueueURL: c.DLQURL, TraceHeader: telemetry.TraceHeader})
	if err != nil {
		return nil, err
	}
	postponer, err := sqsqueue.NewPostponer(client, sqsqueue.Config{QueueURL: c.QueueURL})
	if err != nil {
		return nil, err
	}
	return process.New(process.Config{
		Store: store, Blobs: blobs, Notifier: topic, DeadLetters: letters, Postponer: postponer,
		Backoff: process.Backoff{Base: c.Base(), Max: c.Max()},
	})
}
