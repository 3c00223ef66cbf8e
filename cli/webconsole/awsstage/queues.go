package awsstage

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/webconsole"
)

const (
	// timeout bounds each call.
	timeout = 5 * time.Second
	// countEvery is how often messages are counted. The counts are eventually consistent,
	// within about a minute
	// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html):
	// oftener shows little more.
	countEvery = 10 * time.Second
	// ageEvery is how often the age is asked for: each metric that is asked for costs, and
	// there is a new value a minute at most.
	ageEvery = time.Minute
	// ageWithin is how far back a value is looked for.
	ageWithin = 10 * time.Minute
)

// Queues are the queues of a stage, as SQS and CloudWatch tell them. It is used by one
// goroutine at a time.
//
// The age is that of the events queue alone: the metric leaves out messages that were
// received three times, and each look into the DLQ receives its messages
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html).
type Queues struct {
	sqs              *sqs.Client
	cloudWatch       *cloudwatch.Client
	queueURL, dlqURL string
	now              func() time.Time

	counted, aged time.Time // when they were asked for last
	depths        webconsole.Depths
	age           time.Duration
	ageErr        error
}

// NewQueues returns the queues at two URLs. now is the clock.
func NewQueues(settings aws.Config, queueURL, dlqURL string, now func() time.Time) *Queues {
	return &Queues{sqs: sqs.NewFromConfig(settings), cloudWatch: cloudwatch.NewFromConfig(settings), queueURL: queueURL, dlqURL: dlqURL, now: now}
}

// Depths implements webconsole.Queues. Between two calls of AWS it returns what the last one
// told, with its error where the age is not known; a failed count is tried again at once.
func (q *Queues) Depths(ctx context.Context) (webconsole.Depths, error) {
	now := q.now()
	if now.Sub(q.counted) >= countEvery {
		events, eventsErr := q.count(ctx, "the events queue", q.queueURL)
		dlq, dlqErr := q.count(ctx, "the DLQ", q.dlqURL)
		if err := errors.Join(eventsErr, dlqErr); err != nil {
			return q.depths, err
		}
		q.counted, q.depths = now, webconsole.Depths{Events: events, DLQ: dlq}
	}
	if now.Sub(q.aged) >= ageEvery {
		q.aged = now
		q.age, q.ageErr = q.oldest(ctx)
	}
	q.depths.Events.Age = q.age
	return q.depths, q.ageErr
}

func (q *Queues) count(ctx context.Context, name, url string) (webconsole.Depth, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	count, err := deadletters.CountOf(ctx, q.sqs, name, url)
	return webconsole.Depth{Count: count}, err
}

// oldest is the last value of ApproximateAgeOfOldestMessage, 0 when there is none: an empty
// queue has none.
func (q *Queues) oldest(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	end := q.now().Truncate(time.Minute).Add(time.Minute)
	out, err := q.cloudWatch.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(end.Add(-ageWithin)), EndTime: &end, ScanBy: metrics.ScanByTimestampDescending,
		MetricDataQueries: []metrics.MetricDataQuery{{Id: aws.String("oldest"), MetricStat: &metrics.MetricStat{
			Metric: &metrics.Metric{
				Namespace: aws.String("AWS/SQS"), MetricName: aws.String("ApproximateAgeOfOldestMessage"),
				Dimensions: []metrics.Dimension{{Name: aws.String("QueueName"), Value: aws.String(path.Base(q.queueURL))}},
			},
			Period: aws.Int32(int32(time.Minute / time.Second)), Stat: aws.String("Maximum"),
		}}},
	})
	if err != nil {
		return 0, fmt.Errorf("ask for the age of the oldest message of the events queue: %w", err)
	}
	if len(out.MetricDataResults) == 0 || len(out.MetricDataResults[0].Values) == 0 {
		return 0, nil
	}
	return time.Duration(out.MetricDataResults[0].Values[0] * float64(time.Second)), nil
}
