package endpoint_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/endpoint/endpointtest"
)

func TestOneEndpointServesAllThree(t *testing.T) {
	t.Parallel()
	_, c := newStand(t)
	ctx := testContext(t)
	if _, err := c.sqs.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: c.queue(queueName), MessageBody: aws.String("m")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.s3.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("k"), Body: strings.NewReader("o")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.sns.Publish(ctx, &awssns.PublishInput{TopicArn: c.topic(), Message: aws.String("n")}); err != nil {
		t.Fatal(err)
	}
	for queue, want := range map[string]map[string]int{queueName: {"m": 1}, fanned: {"n": 1}} {
		if got, err := c.drain(ctx, queue); err != nil || !maps.Equal(got, want) {
			t.Errorf("queue %s held %v, %v, want %v", queue, got, err, want)
		}
	}
	out, err := c.s3.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("k")})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(out.Body)
	if err := errors.Join(err, out.Body.Close()); err != nil || string(body) != "o" {
		t.Errorf("object is %q, %v", body, err)
	}
}

func TestTypedErrorsComeThrough(t *testing.T) {
	t.Parallel()
	_, c := newStand(t)
	ctx := testContext(t)
	var noQueue *sqstypes.QueueDoesNotExist
	if _, err := c.sqs.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: c.queue("nope")}); !errors.As(err, &noQueue) {
		t.Errorf("sqs: %v", err)
	}
	var noTopic *snstypes.NotFoundException
	if _, err := c.sns.Publish(ctx, &awssns.PublishInput{TopicArn: aws.String(*c.topic() + "x"), Message: aws.String("x")}); !errors.As(err, &noTopic) {
		t.Errorf("sns: %v", err)
	}
	var noKey *s3types.NoSuchKey
	if _, err := c.s3.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("nope")}); !errors.As(err, &noKey) {
		t.Errorf("s3: %v", err)
	}
}

func TestPublishToAQueueThatIsGoneOrRefusesIsDropped(t *testing.T) {
	t.Parallel()
	s, c := newStand(t)
	ctx := testContext(t)
	if _, err := c.sns.Publish(ctx, &awssns.PublishInput{TopicArn: c.topic(), Message: aws.String("\uFFFE")}); err != nil {
		t.Errorf("a message that SQS refuses: %v", err)
	}
	if _, err := c.sqs.DeleteQueue(ctx, &awssqs.DeleteQueueInput{QueueUrl: c.queue(fanned)}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.sns.Publish(ctx, &awssns.PublishInput{TopicArn: c.topic(), Message: aws.String("x")}); err != nil {
		t.Errorf("a queue that is gone: %v", err)
	}
	if _, err := s.sqs.EnsureQueue(ctx, fanned, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.sqs.Close(); err != nil {
		t.Fatal(err)
	}
	var internal *snstypes.InternalErrorException
	if _, err := c.sns.Publish(ctx, &awssns.PublishInput{TopicArn: c.topic(), Message: aws.String("x")}); !errors.As(err, &internal) {
		t.Errorf("storage that is closed: %v, want InternalError", err)
	}
}

func TestRequestsForNobody(t *testing.T) {
	t.Parallel()
	_, c := newStand(t)
	cases := []struct {
		name, target, contentType, body string
		status                          int
		want                            string
	}{
		{"another service", "DynamoDB_20120810.GetItem", "application/x-amz-json-1.0", "{}", 400, "no service for POST /"},
		{"a form that is none", "", "application/x-www-form-urlencoded", "%zz", 400, "MalformedQueryString"},
		{"a form too long", "", "application/x-www-form-urlencoded", strings.Repeat("x", 2<<20+1), 413, "RequestEntityTooLarge"},
		{"a body too long", "AmazonSQS.SendMessage", "application/x-amz-json-1.0", strings.Repeat(" ", endpoint.MaxBodyBytes+1), 413, "EntityTooLarge"},
	}
	for _, tc := range cases {
		t.Run(strings.ReplaceAll(tc.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(testContext(t), http.MethodPost, c.url, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", tc.contentType)
			req.Header.Set("Expect", "100-continue")
			if tc.target != "" {
				req.Header.Set("X-Amz-Target", tc.target)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if err := errors.Join(err, resp.Body.Close()); err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tc.status || !strings.Contains(string(body), tc.want) {
				t.Errorf("got %d %s, want %d with %s", resp.StatusCode, body, tc.status, tc.want)
			}
		})
	}
}

// Each way of failing, for each service: what the client sees, and that the
// service works again afterwards.
func TestInterceptors(t *testing.T) {
	t.Parallel()
	calls := map[endpoint.Service]func(context.Context, clients) error{
		endpoint.SQS: func(ctx context.Context, c clients) error {
			_, err := c.sqs.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: c.queue(queueName), MessageBody: aws.String("x")})
			return err
		},
		endpoint.SNS: func(ctx context.Context, c clients) error {
			_, err := c.sns.Publish(ctx, &awssns.PublishInput{TopicArn: c.topic(), Message: aws.String("x")})
			return err
		},
		endpoint.S3: func(ctx context.Context, c clients) error {
			_, err := c.s3.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("k"), Body: strings.NewReader("x")})
			return err
		},
	}
	effects := map[endpoint.Service]func(context.Context, clients) (int, error){
		endpoint.SQS: func(ctx context.Context, c clients) (int, error) {
			got, err := c.drain(ctx, queueName)
			return got["x"], err
		},
		endpoint.SNS: func(ctx context.Context, c clients) (int, error) {
			got, err := c.drain(ctx, fanned)
			return got["x"], err
		},
		endpoint.S3: func(ctx context.Context, c clients) (int, error) {
			out, err := c.s3.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String(bucket)})
			return len(out.Contents), err
		},
	}
	noAnswer := func(err error) bool {
		var api smithy.APIError
		return err != nil && !errors.As(err, &api)
	}
	refused := func(err error) bool {
		var api smithy.APIError
		return errors.As(err, &api) && api.ErrorCode() == "ServiceUnavailable"
	}
	kinds := map[string]struct {
		interceptor endpoint.Interceptor
		failed      func(error) bool
		effect      int
	}{
		"unreachable": {endpointtest.Unreachable, noAnswer, 0},
		"lost answer": {endpointtest.LoseAnswer, noAnswer, 1},
		"refused":     {endpointtest.Refuse(503, "ServiceUnavailable", "try later"), refused, 0},
	}
	for service, call := range calls {
		for name, kind := range kinds {
			t.Run(string(service)+"/"+strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
				t.Parallel()
				s, c := newStand(t)
				ctx := testContext(t)
				restore := s.endpoint.Intercept(service, kind.interceptor)
				for other, call := range calls {
					err := call(ctx, c)
					if other == service && !kind.failed(err) {
						t.Errorf("%s answered %v", other, err)
					}
					if other != service && err != nil {
						t.Errorf("%s is not concerned but answered %v", other, err)
					}
				}
				restore()
				if n, err := effects[service](ctx, c); err != nil || n != kind.effect {
					t.Errorf("%d effects, %v, want %d", n, err, kind.effect)
				}
				if err := call(ctx, c); err != nil {
					t.Errorf("after the outage: %v", err)
				}
			})
		}
	}
}

func TestAnInterceptorMayChooseByOperation(t *testing.T) {
	t.Parallel()
	s, c := newStand(t)
	ctx := testContext(t)
	var failures atomic.Int32
	failures.Store(2)
	s.endpoint.Intercept(endpoint.SQS, func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		if r.Header.Get("X-Amz-Target") == "AmazonSQS.SendMessage" && failures.Add(-1) >= 0 {
			endpointtest.Refuse(500, "InternalFailure", "injected")(w, r, service)
			return
		}
		service.ServeHTTP(w, r)
	})
	s.endpoint.Intercept(endpoint.SNS, func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		if r.Form.Get("Action") == "ListTopics" {
			endpointtest.Refuse(400, "InvalidParameter", "injected")(w, r, service)
			return
		}
		service.ServeHTTP(w, r)
	})
	retrying := newClients(c.url, 3)
	if _, err := retrying.sqs.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: c.queue(queueName), MessageBody: aws.String("x")}); err != nil {
		t.Errorf("the third attempt: %v", err)
	}
	if got, err := c.drain(ctx, queueName); err != nil || got["x"] != 1 {
		t.Errorf("queue held %v, %v", got, err)
	}
	var invalid *snstypes.InvalidParameterException
	if _, err := c.sns.ListTopics(ctx, &awssns.ListTopicsInput{}); !errors.As(err, &invalid) && !strings.Contains(err.Error(), "InvalidParameter") {
		t.Errorf("list: %v, want InvalidParameter", err)
	}
	if _, err := c.sns.Publish(ctx, &awssns.PublishInput{TopicArn: c.topic(), Message: aws.String("x")}); err != nil {
		t.Errorf("publish: %v", err)
	}
}

func TestRestoreLeavesALaterInterceptorAlone(t *testing.T) {
	t.Parallel()
	s, c := newStand(t)
	ctx := testContext(t)
	send := func() error {
		_, err := c.sqs.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: c.queue(queueName), MessageBody: aws.String("x")})
		return err
	}
	restore := s.endpoint.Intercept(endpoint.SQS, endpointtest.Unreachable)
	s.endpoint.Intercept(endpoint.SQS, endpointtest.Refuse(400, "Later", "x"))
	restore()
	if err := send(); err == nil || !strings.Contains(err.Error(), "Later") {
		t.Errorf("got %v, want the later interceptor's answer", err)
	}
	s.endpoint.Intercept(endpoint.SQS, nil)
	if err := send(); err != nil {
		t.Error(err)
	}
}

func TestServeStopsGracefully(t *testing.T) {
	t.Parallel()
	s, _ := newStand(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.endpoint.Serve(ctx, l) }()
	c := newClients("http://"+l.Addr().String(), 1)

	polling := make(chan struct{})
	s.endpoint.Intercept(endpoint.SQS, func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		close(polling)
		service.ServeHTTP(w, r)
	})
	polled := make(chan error, 1)
	go func() {
		_, err := c.sqs.ReceiveMessage(testContext(t), &awssqs.ReceiveMessageInput{QueueUrl: c.queue(queueName), WaitTimeSeconds: 20})
		polled <- err
	}()
	<-polling
	stop()
	if err := <-polled; err == nil || !strings.Contains(err.Error(), "ServiceUnavailable") {
		t.Errorf("the long poll ended with %v, want ServiceUnavailable", err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve returned %v, want nil after a stop that was asked for", err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the address still answers")
	}
}

func TestServeReportsAListenerThatFails(t *testing.T) {
	t.Parallel()
	s, _ := newStand(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.endpoint.Serve(testContext(t), l); err == nil {
		t.Error("Serve returned nil for a closed listener")
	}
}

func TestAServiceThatIsNotThereIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := endpoint.New(endpoint.Config{}); err == nil || !strings.Contains(err.Error(), "want at least one handler") {
		t.Errorf("no service: %v", err)
	}
	e, err := endpoint.New(endpoint.Config{SQS: http.NotFoundHandler()})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/bucket/key", "/2015-03-31/functions/echo/invocations", "/?Action=Publish"} {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, http.NoBody))
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "UnknownOperationException") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
