package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/lambda"
	"github.com/fluxa/fluxa/emulator/s3"
	"github.com/fluxa/fluxa/emulator/sns"
	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/emulator/sts"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Names of the resources: those of a deployment, with "local" for its stage.
const (
	Stage             = "local"
	Region            = sqs.Region
	AccountID         = sqs.AccountID
	EventsQueue       = "fluxa-events-" + Stage
	DLQ               = "fluxa-dlq-" + Stage
	NotificationQueue = "fluxa-notifications-" + Stage
	Topic             = "fluxa-notifications-" + Stage
	Bucket            = "fluxa-payloads-" + Stage
)

// notificationRetention is how long the notifications are there to look at. Where nobody
// does, 200 events a second take 25 MB a minute.
const notificationRetention = 5 * time.Minute

// resources are the emulated AWS services with what the platform keeps in them.
type resources struct {
	queues    *sqs.Server
	objects   *s3.Server
	topics    *sns.Server
	announced *announced
	endpoint  *endpoint.Endpoint // nil until openEndpoint
	url       string
	topicARN  string
	queueARN  string // of the events queue
}

func openResources(ctx context.Context, cfg Config, l net.Listener) (r *resources, err error) {
	r = &resources{url: urlOf(l)}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	if r.queues, err = sqs.Open(sqs.Config{
		Path: filepath.Join(cfg.Dir, "sqs.db"), Logger: cfg.Logger, NoSync: cfg.Tuning.ThrowAway,
	}); err != nil {
		return r, fmt.Errorf("open the queues (is another stack running on %s? stop it with `make down`): %w", cfg.Dir, err)
	}
	if r.objects, err = s3.Open(s3.Config{Dir: filepath.Join(cfg.Dir, "s3"), Logger: cfg.Logger, NoSync: cfg.Tuning.ThrowAway}); err != nil {
		return r, fmt.Errorf("open the objects: %w", err)
	}
	r.announced = &announced{queues: r.queues}
	if r.topics, err = sns.New(sns.Config{Queues: r.announced, Logger: cfg.Logger}); err != nil {
		return r, fmt.Errorf("open the topics: %w", err)
	}
	return r, r.create(ctx, cfg.Tuning)
}

// openEndpoint makes the services and the functions, which know its address already,
// reachable by AWS SDKs.
func (r *resources) openEndpoint(f *functions, t Tuning, logger *slog.Logger) error {
	api, err := lambda.NewService(slices.Collect(maps.Values(f.byName))...)
	if err != nil {
		return err
	}
	api.List(lambda.Mapping{
		Function: f.byName[contract.FunctionProcessor], EventSourceARN: r.queueARN, BatchSize: t.batchSize(), MaximumBatchingWindow: t.BatchWindow,
		MaximumConcurrency: processorConcurrency, ReportBatchItemFailures: true,
	})
	identity, err := sts.New(AccountID)
	if err != nil {
		return err
	}
	r.endpoint, err = endpoint.New(endpoint.Config{SQS: r.queues, SNS: r.topics, S3: r.objects, Lambda: api, STS: identity, Logger: logger})
	return err
}

// create makes the resources, or brings those of an earlier run up to today's
// settings.
func (r *resources) create(ctx context.Context, t Tuning) error {
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	size := strconv.Itoa(contract.QueueMessageLimit)
	dlqARN, err := r.queues.EnsureQueue(ctx, DLQ, map[string]string{
		"MessageRetentionPeriod": seconds(contract.DLQRetention), "MaximumMessageSize": size,
	})
	if err != nil {
		return fmt.Errorf("make the DLQ: %w", err)
	}
	redrive, err := json.Marshal(map[string]any{"deadLetterTargetArn": dlqARN, "maxReceiveCount": contract.MaxReceives})
	if err != nil {
		return fmt.Errorf("make the redrive policy: %w", err)
	}
	if r.queueARN, err = r.queues.EnsureQueue(ctx, EventsQueue, map[string]string{
		"MessageRetentionPeriod": seconds(contract.EventsRetention), "MaximumMessageSize": size,
		"VisibilityTimeout": seconds(t.visibility()), "RedrivePolicy": string(redrive),
	}); err != nil {
		return fmt.Errorf("make the events queue: %w", err)
	}
	notificationsARN, err := r.queues.EnsureQueue(ctx, NotificationQueue, map[string]string{
		"MessageRetentionPeriod": seconds(notificationRetention),
	})
	if err != nil {
		return fmt.Errorf("make the notifications queue: %w", err)
	}
	if r.topicARN, err = r.topics.CreateTopic(Topic); err != nil {
		return fmt.Errorf("make the topic: %w", err)
	}
	if err := r.topics.Subscribe(r.topicARN, notificationsARN); err != nil {
		return fmt.Errorf("subscribe to the topic: %w", err)
	}
	if err := r.objects.EnsureBucket(Bucket); err != nil {
		return fmt.Errorf("make the bucket: %w", err)
	}
	return nil
}

func (r *resources) queueURL(name string) string { return r.url + "/" + AccountID + "/" + name }

func (r *resources) close() error {
	if r.queues == nil {
		return nil
	}
	return r.queues.Close()
}
