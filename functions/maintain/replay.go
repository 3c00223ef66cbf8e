package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/replay"
	"github.com/fluxa/fluxa/pkg/snsnotify"
	"github.com/fluxa/fluxa/pkg/sqsqueue"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

func replayOf(base boot.Base, c config.Reach, store *pgstore.Store) (operate.Operation, error) {
	if c.TopicARN == "" || c.QueueURL == "" {
		return without("TOPIC_ARN and QUEUE_URL"), nil
	}
	topic, err := snsnotify.New(sns.NewFromConfig(base.AWS), snsnotify.Config{TopicARN: c.TopicARN})
	if err != nil {
		return nil, err
	}
	queue, err := sqsqueue.NewSender(sqs.NewFromConfig(base.AWS), sqsqueue.Config{QueueURL: c.QueueURL, TraceHeader: telemetry.TraceHeader})
	if err != nil {
		return nil, err
	}
	service, err := replay.New(replay.Config{Store: store, Topic: topic, Queue: queue})
	if err != nil {
		return nil, err
	}
	return service.Operation(), nil
}

// without is an operation that the function lacks settings for.
func without(settings string) operate.Operation {
	return func(_ context.Context, request operate.Request, _ time.Time) (operate.Answer, error) {
		return operate.Answer{}, fault.Newf(fault.InvalidValue, "%s needs the settings %s of the function maintain, which are not set", request.Operation, settings)
	}
}
