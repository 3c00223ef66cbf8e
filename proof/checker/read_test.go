package checker_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/proof/checker"
)

// queue is an emulated one, at a time of the test's own.
func queue(t *testing.T) (*awssqs.Client, *string) {
	t.Helper()
	queues, err := sqs.Open(sqs.Config{Path: filepath.Join(t.TempDir(), "queues"), NoSync: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(queues)
	t.Cleanup(func() {
		server.Close()
		if err := queues.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := queues.EnsureQueue(t.Context(), "it", map[string]string{"VisibilityTimeout": "1"}); err != nil {
		t.Fatal(err)
	}
	client := awssqs.New(awssqs.Options{
		Region: sqs.Region, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	return client, aws.String(server.URL + "/" + sqs.AccountID + "/it")
}

func put(t *testing.T, client *awssqs.Client, url *string, body string, attributes map[string]string) {
	t.Helper()
	in := &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageAttributes: map[string]types.MessageAttributeValue{}}
	for name, value := range attributes {
		in.MessageAttributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
	}
	if _, err := client.SendMessage(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// hide takes some messages and loses them, as an answer would that is lost on its way.
func hide(t *testing.T, client *awssqs.Client, url *string) {
	t.Helper()
	got, err := client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 1})
	if err != nil || len(got.Messages) == 0 {
		t.Fatalf("%d messages were hidden, %v", len(got.Messages), err)
	}
}

func TestLetters_reads_those_too_that_a_lost_answer_hid(t *testing.T) {
	t.Parallel()
	client, url := queue(t)
	var want []checker.Letter
	for i := range 25 {
		id := fmt.Sprintf("event-%02d", i)
		put(t, client, url, fmt.Sprintf(`{"event_id":%q,"payload_sha256":"hash"}`, id), map[string]string{
			contract.AttrEventID: id, contract.AttrErrorCode: string(fault.InvalidEvent),
		})
		want = append(want, checker.Letter{ID: id, SHA256: "hash", Code: fault.InvalidEvent})
	}
	put(t, client, url, "no envelope", map[string]string{contract.AttrErrorCode: string(fault.InvalidEnvelope)})
	want = append(want, checker.Letter{Code: fault.InvalidEnvelope})
	hide(t, client, url)
	got, err := checker.Letters(t.Context(), client, *url)
	if err != nil {
		t.Fatal(err)
	}
	order := func(a, b checker.Letter) int { return strings.Compare(a.ID, b.ID) }
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestSubscriber_receives_all_that_was_published(t *testing.T) {
	t.Parallel()
	client, url := queue(t)
	put(t, client, url, `{"event_id":"hidden","payload_sha256":"hash"}`, nil)
	hide(t, client, url)
	s := checker.Subscribe(t.Context(), client, *url)
	put(t, client, url, `{"event_id":"plain","payload_sha256":"hash"}`, nil)
	for deadline := time.Now().Add(time.Minute); s.Announced() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is received")
		}
	}
	got, err := s.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[checker.Announcement]bool{}
	for _, a := range got {
		if a.At.IsZero() {
			t.Errorf("%s was received at no time", a.ID)
		}
		a.At = time.Time{}
		seen[a] = true
	}
	if len(seen) != 2 || !seen[checker.Announcement{ID: "plain", SHA256: "hash"}] || !seen[checker.Announcement{ID: "hidden", SHA256: "hash"}] {
		t.Errorf("received %+v", got)
	}
}

func TestSubscriber_says_what_it_could_not_read(t *testing.T) {
	t.Parallel()
	client, url := queue(t)
	put(t, client, url, "no notification", nil)
	if _, err := checker.Subscribe(t.Context(), client, *url).Stop(t.Context()); err == nil || !strings.Contains(err.Error(), "read a notification") {
		t.Errorf("error %v", err)
	}
}
