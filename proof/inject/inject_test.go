package inject_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/s3"
	"github.com/fluxa/fluxa/emulator/sns"
	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/proof/inject"
)

const (
	bucket    = "payloads"
	eventsURL = "events"
	patience  = 30 * time.Second
)

// services are emulated ones, with clients of the SDK that never try again.
type services struct {
	t      *testing.T
	faults *inject.Set
	kills  atomic.Int64
	url    string
	sqs    *awssqs.Client
	sns    *awssns.Client
	s3     *awss3.Client
	topic  string
}

func start(t *testing.T) *services {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	queues, err := sqs.Open(sqs.Config{Path: filepath.Join(t.TempDir(), "queues"), NoSync: true, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := queues.Close(); err != nil {
			t.Error(err)
		}
	})
	objects, err := s3.Open(s3.Config{Dir: t.TempDir(), NoSync: true, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	topics, err := sns.New(sns.Config{Queues: queues, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	all, err := endpoint.New(endpoint.Config{SQS: queues, SNS: topics, S3: objects, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(all)
	t.Cleanup(server.Close)
	out := &services{t: t, url: server.URL}
	out.faults = inject.NewSet(all, func(string) error { out.kills.Add(1); return nil })
	local := credentials.NewStaticCredentialsProvider("local", "local", "")
	once := aws.NopRetryer{}
	out.sqs = awssqs.New(awssqs.Options{Region: sqs.Region, BaseEndpoint: &server.URL, Credentials: local, Retryer: once})
	out.sns = awssns.New(awssns.Options{Region: sqs.Region, BaseEndpoint: &server.URL, Credentials: local, Retryer: once})
	out.s3 = awss3.New(awss3.Options{Region: sqs.Region, BaseEndpoint: &server.URL, Credentials: local, Retryer: once, UsePathStyle: true})
	arn, err := queues.EnsureQueue(t.Context(), eventsURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if out.topic, err = topics.CreateTopic("topic"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(topics.Subscribe(out.topic, arn), objects.EnsureBucket(bucket)); err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *services) set(faults ...inject.Fault) {
	s.t.Helper()
	if err := s.faults.Replace(faults); err != nil {
		s.t.Fatal(err)
	}
}

func (s *services) queue() *string { return aws.String(s.url + "/" + sqs.AccountID + "/" + eventsURL) }

func (s *services) send(body string) error {
	_, err := s.sqs.SendMessage(s.t.Context(), &awssqs.SendMessageInput{QueueUrl: s.queue(), MessageBody: &body})
	return err
}

// received takes messages until there are so many, and then all that are left.
func (s *services) received(want int) []string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	var out []string
	for {
		got, err := s.sqs.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: s.queue(), MaxNumberOfMessages: 10, VisibilityTimeout: 600})
		if err != nil {
			s.t.Fatalf("%d of %d messages came: %v", len(out), want, err)
		}
		for _, m := range got.Messages {
			out = append(out, *m.Body)
		}
		if len(got.Messages) == 0 && len(out) >= want {
			slices.Sort(out)
			return out
		}
	}
}

func (s *services) get(key string) (string, error) {
	got, err := s.s3.GetObject(s.t.Context(), &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(got.Body)
	return string(text), errors.Join(err, got.Body.Close())
}

func (s *services) put(key, text string) error {
	_, err := s.s3.PutObject(s.t.Context(), &awss3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(text)})
	return err
}

func TestFault_meets_its_operation_and_target_as_often_as_it_says(t *testing.T) {
	t.Parallel()
	s := start(t)
	refuse := inject.Fault{Service: endpoint.SQS, Operations: []string{"SendMessage"}, Effect: inject.Refuse, Status: 503, Code: "ServiceUnavailable"}
	other, twice := refuse, refuse
	other.Target, twice.Target, twice.Times = "/letters", "/"+eventsURL, 2
	s.set(other)
	if err := s.send("another queue is meant"); err != nil {
		t.Error(err)
	}
	s.set(other, twice)
	for i := range 2 {
		if err := s.send("refused"); err == nil || !strings.Contains(err.Error(), "ServiceUnavailable") {
			t.Errorf("call %d: %v", i+1, err)
		}
	}
	if err := s.send("the third"); err != nil {
		t.Error(err)
	}
	if got := s.faults.Met(); !slices.Equal(got, []int{0, 2}) {
		t.Errorf("the faults say that they met %d calls, want 0 and 2", got)
	}
	refuse.Times = 0
	s.set(refuse)
	if got := s.received(2); !slices.Equal(got, []string{"another queue is meant", "the third"}) {
		t.Errorf("received %q", got)
	}
	s.set()
	if err := s.send("all is well"); err != nil {
		t.Error(err)
	}
}

func TestFault_spares_the_harness(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.set(inject.Fault{Service: endpoint.S3, Effect: inject.Away})
	for marked, want := range map[bool]int{true: http.StatusNotFound, false: 0} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/"+bucket+"/none", nil)
		if err != nil {
			t.Fatal(err)
		}
		if marked {
			request.Header.Set(inject.HarnessHeader, "1")
		}
		status := 0
		if response, err := http.DefaultClient.Do(request); err == nil {
			status = response.StatusCode
			if err := response.Body.Close(); err != nil {
				t.Error(err)
			}
		}
		if status != want {
			t.Errorf("marked %t: status %d, want %d", marked, status, want)
		}
	}
}

func TestKill_before_a_call_or_after_it(t *testing.T) {
	t.Parallel()
	for effect, want := range map[inject.Effect][]string{inject.KillBefore: {"again"}, inject.KillAfter: {"again", "first"}} {
		t.Run(string(effect), func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.set(inject.Fault{Service: endpoint.SQS, Operations: []string{"SendMessage"}, Effect: effect, Function: "processor", Times: 1})
			if err := s.send("first"); err == nil {
				t.Error("the caller learned of it")
			}
			if n := s.kills.Load(); n != 1 {
				t.Errorf("killed %d times", n)
			}
			if err := s.send("again"); err != nil {
				t.Error(err)
			}
			if got := s.received(len(want)); !slices.Equal(got, want) {
				t.Errorf("the service did %q, want %q", got, want)
			}
		})
	}
}

func TestFailSome_fails_the_notifications_with_an_odd_number(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.set(inject.Fault{Service: endpoint.SNS, Operations: []string{"PublishBatch"}, Effect: inject.FailSome})
	publish := func(n int) (*awssns.PublishBatchOutput, error) {
		var entries []snstypes.PublishBatchRequestEntry
		for i := range n {
			entries = append(entries, snstypes.PublishBatchRequestEntry{Id: aws.String(fmt.Sprint(i + 1)), Message: aws.String(fmt.Sprint("message ", i+1))})
		}
		return s.sns.PublishBatch(t.Context(), &awssns.PublishBatchInput{TopicArn: &s.topic, PublishBatchRequestEntries: entries})
	}
	got, err := publish(5)
	if err != nil {
		t.Fatal(err)
	}
	var taken, failed []string
	for _, entry := range got.Successful {
		taken = append(taken, *entry.Id)
	}
	for _, entry := range got.Failed {
		failed = append(failed, *entry.Id)
		if entry.SenderFault || *entry.Code != "InternalError" {
			t.Errorf("entry %s failed by %s, the sender's fault: %t", *entry.Id, *entry.Code, entry.SenderFault)
		}
	}
	slices.Sort(taken)
	slices.Sort(failed)
	if !slices.Equal(taken, []string{"2", "4"}) || !slices.Equal(failed, []string{"1", "3", "5"}) {
		t.Errorf("taken %q, failed %q", taken, failed)
	}
	if messages := s.received(2); len(messages) != 2 {
		t.Errorf("%d were delivered, want 2: %q", len(messages), messages)
	}
	if _, err := publish(1); err == nil {
		t.Error("a batch of one was taken")
	}
}

func TestCopies_delivers_three_times(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.set(inject.Fault{Service: endpoint.SQS, Operations: []string{"SendMessage"}, Effect: inject.Copies})
	for _, body := range []string{"a", "b"} {
		if err := s.send(body); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.received(6); !slices.Equal(got, []string{"a", "a", "a", "b", "b", "b"}) {
		t.Errorf("received %q", got)
	}
}

func TestShift_moves_the_time_of_acceptance_alone(t *testing.T) {
	t.Parallel()
	s := start(t)
	const before = `{"event_id":"a","payload_inline":"{\"at\":\"2026-01-31T23:30:00Z\"}","received_at":"2026-01-31T23:30:00.5Z"}`
	for _, body := range []string{before, "no envelope"} {
		if err := s.send(body); err != nil {
			t.Fatal(err)
		}
	}
	s.set(inject.Fault{Service: endpoint.SQS, Operations: []string{"ReceiveMessage"}, Effect: inject.Shift, Delay: time.Hour})
	want := []string{"no envelope", strings.Replace(before, `"received_at":"2026-01-31T23:30:00.5Z"`, `"received_at":"2026-02-01T00:30:00.5Z"`, 1)}
	if got := s.received(2); !slices.Equal(got, want) && !slices.Equal(got, []string{want[1], want[0]}) {
		t.Errorf("received %q, want %q", got, want)
	}
}

func TestObjects_are_forgotten_or_corrupted(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.set(inject.Fault{Service: endpoint.S3, Operations: []string{http.MethodPut}, Target: "/gone-", Effect: inject.Forget},
		inject.Fault{Service: endpoint.S3, Operations: []string{http.MethodGet}, Target: "/bad-", Effect: inject.Corrupt})
	for _, key := range []string{"raw/gone-1", "raw/bad-1", "raw/good-1"} {
		if err := s.put(key, `{"n":1}`); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := s.get("raw/gone-1"); err == nil {
		t.Errorf("what was forgotten is %q", text)
	}
	if text, err := s.get("raw/bad-1"); err != nil || text != `{"n":0}` {
		t.Errorf("what was corrupted is %q, %v", text, err)
	}
	if text, err := s.get("raw/good-1"); err != nil || text != `{"n":1}` {
		t.Errorf("what nothing happened to is %q, %v", text, err)
	}
}

func TestReplace_refuses_faults_that_cannot_be(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, c := range []struct {
		fault inject.Fault
		want  string
	}{
		{inject.Fault{Service: "rds", Effect: inject.Away}, `there is no service "rds"`},
		{inject.Fault{Service: endpoint.SQS, Effect: "sulk"}, `there is no effect "sulk"`},
		{inject.Fault{Service: endpoint.SQS, Effect: inject.Refuse, Status: 200, Code: "OK"}, `needs a status of 400 or more and a code, got 200 and "OK"`},
		{inject.Fault{Service: endpoint.SQS, Effect: inject.KillAfter}, "kill-after needs a function"},
	} {
		if err := s.faults.Replace([]inject.Fault{c.fault}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s", c.fault, err, c.want)
		}
	}
}
