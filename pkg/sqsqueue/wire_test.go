package sqsqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/sqsqueue"
)

// realClient is the SDK's own client, spoken to over HTTP.
func realClient(t *testing.T, handler http.HandlerFunc) *sqs.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return sqs.New(sqs.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

type request struct {
	target string
	body   map[string]any
}

func read(t *testing.T, r *http.Request) request {
	t.Helper()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	out := request{target: r.Header.Get("X-Amz-Target")}
	if err := json.Unmarshal(raw, &out.body); err != nil {
		t.Errorf("%s: %v", raw, err)
	}
	return out
}

func TestSender_Send_over_the_wire(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []request
	client := realClient(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, read(t, r))
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		if len(got) == 1 {
			fmt.Fprint(w, `{"Successful":[{"Id":"1","MessageId":"m","MD5OfMessageBody":"ae7be26cdaa742ca148068d5ac90eaca"}],
				"Failed":[{"Id":"0","Code":"ServiceUnavailable","SenderFault":false,"Message":"later"}]}`)
			return
		}
		fmt.Fprint(w, `{"MessageId":"m","MD5OfMessageBody":"64e0cfd0f1b6b2bdcf1ab2cb08bfc2b5"}`)
	})
	sender, err := sqsqueue.NewSender(client, sqsqueue.Config{
		QueueURL: queueURL, Backoff: time.Millisecond,
		TraceHeader: func(context.Context) string { return "Root=1-5759e988-bd862e3fe1be46a994272793" },
	})
	if err != nil {
		t.Fatal(err)
	}
	errs := sender.Send(t.Context(), messages("m0", "m1"))
	if len(got) != 2 || got[0].target != "AmazonSQS.SendMessageBatch" || got[1].target != "AmazonSQS.SendMessage" {
		t.Fatalf("requests %+v, errors %v", got, errs)
	}
	// The second answer has a wrong MD5, by which the SDK notices a message that
	// arrived damaged: it must not count as sent.
	if codes := codesOf(errs); !slices.Equal(codes, []string{"queue_unavailable", ""}) {
		t.Errorf("codes %q", codes)
	}
	system := got[1].body["MessageSystemAttributes"].(map[string]any)["AWSTraceHeader"].(map[string]any)
	if system["StringValue"] != "Root=1-5759e988-bd862e3fe1be46a994272793" || got[1].body["QueueUrl"] != queueURL {
		t.Errorf("request %+v", got[1].body)
	}
}

func TestPostponer_Postpone_no_call_outlives_its_context(t *testing.T) {
	t.Parallel()
	arrived, gone := make(chan struct{}), make(chan struct{})
	client := realClient(t, func(_ http.ResponseWriter, r *http.Request) {
		read(t, r)
		close(arrived)
		<-r.Context().Done()
		close(gone)
	})
	postponer, err := sqsqueue.NewPostponer(client, sqsqueue.Config{QueueURL: queueURL})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	errs := postponer.Postpone(ctx, []process.Postponement{{ReceiptHandle: "r"}})
	if !errors.Is(errs[0], context.Canceled) || fault.CodeOf(errs[0]) != fault.QueueUnavailable {
		t.Errorf("error %v", errs[0])
	}
	<-gone
}
