package awsclient_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/pkg/awsclient"
)

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

func TestReadOnly_leaves_a_body_that_can_only_be_read(t *testing.T) {
	t.Parallel()
	var writes bool
	var sent string
	seen := doer(func(r *http.Request) (*http.Response, error) {
		_, writes = r.Body.(io.WriterTo)
		body, err := io.ReadAll(r.Body)
		sent = string(body)
		return nil, errors.Join(err, errors.New("not sent"))
	})
	for name, c := range map[string]struct {
		by     aws.HTTPClient
		writes bool
	}{
		"as the SDK makes it": {seen, true}, // false: the SDK is mended, and ReadOnly can go
		"read only":           {awsclient.ReadOnly(seen), false},
	} {
		client := sqs.New(sqs.Options{
			Region: "eu-west-1", HTTPClient: c.by, RetryMaxAttempts: 1,
			Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		})
		_, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String("https://sqs/1/q")})
		if err == nil || writes != c.writes || sent != `{"QueueUrl":"https://sqs/1/q"}` {
			t.Errorf("%s: a body with WriteTo %v, want %v; sent %q, %v", name, writes, c.writes, sent, err)
		}
	}
}

func TestLoad_sends_by_a_client_that_is_read_only(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	loaded, err := awsclient.Load(awsclient.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%T", awsclient.ReadOnly(nil)); fmt.Sprintf("%T", loaded.HTTPClient) != want {
		t.Errorf("requests are sent by a %T, not a %s", loaded.HTTPClient, want)
	}
}

func TestReadOnly_leaves_a_request_without_a_body_as_it_is(t *testing.T) {
	t.Parallel()
	for _, body := range []io.ReadCloser{nil, http.NoBody} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://sqs/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Body = body
		client := awsclient.ReadOnly(doer(func(got *http.Request) (*http.Response, error) {
			if got != r {
				t.Errorf("another request was sent for body %v", body)
			}
			return &http.Response{}, nil
		}))
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Body != nil {
			answer.Body.Close()
		}
	}
}
