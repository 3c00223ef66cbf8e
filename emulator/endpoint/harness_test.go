package endpoint_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/s3"
	"github.com/fluxa/fluxa/emulator/sns"
	"github.com/fluxa/fluxa/emulator/sqs"
)

const (
	bucket    = "payloads"
	queueName = "events"
	fanned    = "notifications"
	topicName = "processed"
)

// services are the three behind one endpoint, wired as a program wires them.
type services struct {
	sqs      *sqs.Server
	sns      *sns.Server
	s3       *s3.Server
	endpoint *endpoint.Endpoint
}

func openServices(dir string, noSync bool) (*services, error) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	var s services
	var err error
	if s.sqs, err = sqs.Open(sqs.Config{Path: filepath.Join(dir, "sqs.db"), Logger: log, NoSync: noSync}); err != nil {
		return nil, err
	}
	if s.s3, err = s3.Open(s3.Config{Dir: filepath.Join(dir, "s3"), Logger: log, NoSync: noSync}); err != nil {
		return nil, errors.Join(err, s.sqs.Close())
	}
	if s.sns, err = sns.New(sns.Config{Queues: s.sqs, Logger: log}); err != nil {
		return nil, errors.Join(err, s.sqs.Close())
	}
	if err := s.provision(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.endpoint, err = endpoint.New(endpoint.Config{SQS: s.sqs, SNS: s.sns, S3: s.s3, Logger: log})
	return &s, err
}

func (s *services) provision() error {
	ctx := context.Background()
	for _, name := range []string{queueName, fanned} {
		if _, err := s.sqs.EnsureQueue(ctx, name, map[string]string{"VisibilityTimeout": "3600"}); err != nil {
			return err
		}
	}
	topic, err := s.sns.CreateTopic(topicName)
	if err != nil {
		return err
	}
	err = s.sns.Subscribe(topic, "arn:aws:sqs:us-east-1:000000000000:"+fanned)
	return errors.Join(err, s.s3.EnsureBucket(bucket))
}

func (s *services) close() error {
	return s.sqs.Close()
}

// clients are the real ones, all with the same endpoint.
type clients struct {
	url string
	sqs *awssqs.Client
	sns *awssns.Client
	s3  *awss3.Client
}

func newClients(url string, attempts int) clients {
	config := aws.Config{
		Region:                     "us-east-1",
		BaseEndpoint:               &url,
		Credentials:                credentials.NewStaticCredentialsProvider("local", "local", ""),
		RetryMaxAttempts:           attempts,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}
	return clients{
		url: url,
		sqs: awssqs.NewFromConfig(config),
		sns: awssns.NewFromConfig(config),
		s3:  awss3.NewFromConfig(config, func(o *awss3.Options) { o.UsePathStyle = true }),
	}
}

func (c clients) queue(name string) *string {
	return aws.String(c.url + "/000000000000/" + name)
}

func (c clients) topic() *string {
	return aws.String("arn:aws:sns:us-east-1:000000000000:" + topicName)
}

func newStand(t *testing.T) (*services, clients) {
	t.Helper()
	s, err := openServices(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.endpoint)
	t.Cleanup(func() {
		web.Close()
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	return s, newClients(web.URL, 1)
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// drain receives everything that is on a queue and counts it by body.
func (c clients) drain(ctx context.Context, queue string) (map[string]int, error) {
	counts := map[string]int{}
	for {
		out, err := c.sqs.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: c.queue(queue), MaxNumberOfMessages: 10})
		if err != nil {
			return nil, fmt.Errorf("receive from %s: %w", queue, err)
		}
		if len(out.Messages) == 0 {
			return counts, nil
		}
		for _, m := range out.Messages {
			counts[*m.Body]++
		}
	}
}
