package sqs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/fluxa/fluxa/emulator/sqs"
)

// is returns a check that errors.As finds the SDK's typed error.
func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

func untyped(err error) bool { return is[*smithy.GenericAPIError](err) }

func TestErrorCodes(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	s := newStand(t, func(c *sqs.Config) { c.MaxInFlight = 2 })
	url := s.queue("main", map[string]string{"VisibilityTimeout": "30"})
	small := s.queue("small", map[string]string{"MaximumMessageSize": "1024"})
	full := s.queue("full", map[string]string{"VisibilityTimeout": "43200"})
	for range 3 {
		s.send(full, "x")
	}
	s.receive(full)
	purged := s.queue("purged", nil)
	if _, err := s.client.PurgeQueue(s.ctx(), &awssqs.PurgeQueueInput{QueueUrl: &purged}); err != nil {
		t.Fatal(err)
	}
	work := s.queue("work", map[string]string{"VisibilityTimeout": "0"})
	s.send(work, "visible again")
	notInFlight := *s.receiveOne(work).ReceiptHandle
	deleted := s.queue("deleted", nil)
	s.send(deleted, "x")
	gone := *s.receiveOne(deleted).ReceiptHandle
	if _, err := s.client.DeleteMessage(s.ctx(), &awssqs.DeleteMessageInput{QueueUrl: &deleted, ReceiptHandle: &gone}); err != nil {
		t.Fatal(err)
	}

	missing := s.url + "/000000000000/missing"
	entries := func(n int, body string, id func(int) string) []types.SendMessageBatchRequestEntry {
		out := make([]types.SendMessageBatchRequestEntry, n)
		for i := range out {
			out[i] = types.SendMessageBatchRequestEntry{Id: aws.String(id(i)), MessageBody: &body}
		}
		return out
	}
	numbered := func(i int) string { return fmt.Sprint("id-", i) }
	send := func(url, body string, attributes map[string]types.MessageAttributeValue) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.client.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: &body, MessageAttributes: attributes})
			return err
		}
	}
	sendBatch := func(e []types.SendMessageBatchRequestEntry) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.client.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: e})
			return err
		}
	}
	receive := func(in awssqs.ReceiveMessageInput) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.client.ReceiveMessage(ctx, &in)
			return err
		}
	}
	visibility := func(url, handle string, seconds int32) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.client.ChangeMessageVisibility(ctx, &awssqs.ChangeMessageVisibilityInput{
				QueueUrl: &url, ReceiptHandle: &handle, VisibilityTimeout: seconds})
			return err
		}
	}
	create := func(name string, attributes map[string]string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.client.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
			return err
		}
	}
	text := func(v string) types.MessageAttributeValue {
		return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &v}
	}
	many := map[string]types.MessageAttributeValue{}
	for i := range 11 {
		many[fmt.Sprint("a", i)] = text("x")
	}

	cases := []struct {
		name string
		call func(context.Context) error
		code string
		as   func(error) bool
	}{
		{"send to unknown queue", send(missing, "x", nil), "AWS.SimpleQueueService.NonExistentQueue", is[*types.QueueDoesNotExist]},
		{"queue of another account", send(s.url+"/111111111111/main", "x", nil), "AWS.SimpleQueueService.NonExistentQueue", is[*types.QueueDoesNotExist]},
		{"receive from unknown queue", receive(awssqs.ReceiveMessageInput{QueueUrl: &missing}), "AWS.SimpleQueueService.NonExistentQueue", is[*types.QueueDoesNotExist]},
		{"url of unknown queue", func(ctx context.Context) error {
			_, err := s.client.GetQueueUrl(ctx, &awssqs.GetQueueUrlInput{QueueName: aws.String("missing")})
			return err
		}, "AWS.SimpleQueueService.NonExistentQueue", is[*types.QueueDoesNotExist]},
		{"url that is no queue's", send(s.url+"/a/b/c", "x", nil), "InvalidAddress", is[*types.InvalidAddress]},
		{"empty body", send(url, "", nil), "MissingParameter", untyped},
		{"body with U+FFFE", send(url, "a\uFFFEb", nil), "InvalidMessageContents", is[*types.InvalidMessageContents]},
		{"body with U+FFFF", send(url, "a\uFFFFb", nil), "InvalidMessageContents", is[*types.InvalidMessageContents]},
		{"body with NUL", send(url, "a\x00b", nil), "InvalidMessageContents", is[*types.InvalidMessageContents]},
		{"body with escape", send(url, "a\x1bb", nil), "InvalidMessageContents", is[*types.InvalidMessageContents]},
		{"attribute with U+FFFE", send(url, "x", map[string]types.MessageAttributeValue{"a": text("\uFFFE")}), "InvalidMessageContents", is[*types.InvalidMessageContents]},
		{"body over 1 MiB", send(url, strings.Repeat("x", mib+1), nil), "InvalidParameterValue", untyped},
		{"body and attributes over 1 MiB", send(url, strings.Repeat("x", mib-8), map[string]types.MessageAttributeValue{"ab": text("c")}), "InvalidParameterValue", untyped},
		{"body over the queue's own limit", send(small, strings.Repeat("x", 1025), nil), "InvalidParameterValue", untyped},
		{"eleven attributes", send(url, "x", many), "InvalidParameterValue", untyped},
		{"attribute name of AWS", send(url, "x", map[string]types.MessageAttributeValue{"AWS.a": text("x")}), "InvalidParameterValue", untyped},
		{"attribute name with a space", send(url, "x", map[string]types.MessageAttributeValue{"a b": text("x")}), "InvalidParameterValue", untyped},
		{"attribute without value", send(url, "x", map[string]types.MessageAttributeValue{"a": text("")}), "InvalidParameterValue", untyped},
		{"attribute of unknown type", send(url, "x", map[string]types.MessageAttributeValue{"a": {DataType: aws.String("Date"), StringValue: aws.String("x")}}), "InvalidParameterValue", untyped},
		{"number that is none", send(url, "x", map[string]types.MessageAttributeValue{"a": {DataType: aws.String("Number"), StringValue: aws.String("ten")}}), "InvalidParameterValue", untyped},
		{"delay over 900 s", func(ctx context.Context) error {
			_, err := s.client.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("x"), DelaySeconds: 901})
			return err
		}, "InvalidParameterValue", untyped},
		{"batch of none", sendBatch([]types.SendMessageBatchRequestEntry{}), "AWS.SimpleQueueService.EmptyBatchRequest", is[*types.EmptyBatchRequest]},
		{"batch of eleven", sendBatch(entries(11, "x", numbered)), "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", is[*types.TooManyEntriesInBatchRequest]},
		{"batch with one id twice", sendBatch(entries(2, "x", func(int) string { return "same" })), "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", is[*types.BatchEntryIdsNotDistinct]},
		{"batch with a bad id", sendBatch(entries(1, "x", func(int) string { return "a b" })), "AWS.SimpleQueueService.InvalidBatchEntryId", is[*types.InvalidBatchEntryId]},
		{"batch over 1 MiB", sendBatch(entries(2, strings.Repeat("x", mib/2+1), numbered)), "AWS.SimpleQueueService.BatchRequestTooLong", is[*types.BatchRequestTooLong]},
		{"receive of eleven", receive(awssqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 11}), "InvalidParameterValue", untyped},
		{"wait over 20 s", receive(awssqs.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 21}), "InvalidParameterValue", untyped},
		{"visibility over 12 h", receive(awssqs.ReceiveMessageInput{QueueUrl: &url, VisibilityTimeout: 43201}), "InvalidParameterValue", untyped},
		{"unknown system attribute", receive(awssqs.ReceiveMessageInput{QueueUrl: &url, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"Nope"}}), "InvalidAttributeName", is[*types.InvalidAttributeName]},
		{"too many in flight", receive(awssqs.ReceiveMessageInput{QueueUrl: &full}), "OverLimit", is[*types.OverLimit]},
		{"purge within a minute", func(ctx context.Context) error {
			_, err := s.client.PurgeQueue(ctx, &awssqs.PurgeQueueInput{QueueUrl: &purged})
			return err
		}, "AWS.SimpleQueueService.PurgeQueueInProgress", is[*types.PurgeQueueInProgress]},
		{"delete by a handle that is none", func(ctx context.Context) error {
			_, err := s.client.DeleteMessage(ctx, &awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: aws.String("garbage")})
			return err
		}, "ReceiptHandleIsInvalid", is[*types.ReceiptHandleIsInvalid]},
		{"delete by a handle of another queue", func(ctx context.Context) error {
			_, err := s.client.DeleteMessage(ctx, &awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: &notInFlight})
			return err
		}, "ReceiptHandleIsInvalid", is[*types.ReceiptHandleIsInvalid]},
		{"visibility by a handle that is none", visibility(url, "garbage", 1), "ReceiptHandleIsInvalid", is[*types.ReceiptHandleIsInvalid]},
		{"visibility of a visible message", visibility(work, notInFlight, 1), "AWS.SimpleQueueService.MessageNotInflight", is[*types.MessageNotInflight]},
		{"visibility of a deleted message", visibility(deleted, gone, 1), "InvalidParameterValue", untyped},
		{"visibility over 12 h by change", visibility(deleted, gone, 43201), "InvalidParameterValue", untyped},
		{"create with other attributes", create("main", map[string]string{"VisibilityTimeout": "31"}), "QueueAlreadyExists", is[*types.QueueNameExists]},
		{"create with a bad name", create("a b", nil), "InvalidParameterValue", untyped},
		{"create a fifo queue", create("a.fifo", map[string]string{"FifoQueue": "true"}), "InvalidParameterValue", untyped},
		{"create with the attribute of fifo queues", create("new", map[string]string{"FifoQueue": "true"}), "InvalidAttributeName", is[*types.InvalidAttributeName]},
		{"create with an unknown attribute", create("new", map[string]string{"Nope": "1"}), "InvalidAttributeName", is[*types.InvalidAttributeName]},
		{"create with a bad value", create("new", map[string]string{"DelaySeconds": "901"}), "InvalidAttributeValue", is[*types.InvalidAttributeValue]},
		{"create with an unknown dead-letter queue", create("new", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + arnPrefix + `nope","maxReceiveCount":3}`}), "InvalidParameterValue", untyped},
		{"create with a redrive policy that is no JSON", create("new", map[string]string{"RedrivePolicy": `{`}), "InvalidParameterValue", untyped},
		{"create with a receive count of 1001", create("new", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + arnPrefix + `main","maxReceiveCount":1001}`}), "InvalidParameterValue", untyped},
		{"attributes by an unknown name", func(ctx context.Context) error {
			_, err := s.client.GetQueueAttributes(ctx, &awssqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"Nope"}})
			return err
		}, "InvalidAttributeName", is[*types.InvalidAttributeName]},
		{"start of a message move task", func(ctx context.Context) error {
			_, err := s.client.StartMessageMoveTask(ctx, &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(arnPrefix + "main")})
			return err
		}, "InvalidAction", untyped},
		{"operation that is not there", func(ctx context.Context) error {
			_, err := s.client.TagQueue(ctx, &awssqs.TagQueueInput{QueueUrl: &url, Tags: map[string]string{"a": "b"}})
			return err
		}, "InvalidAction", untyped},
	}
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			err := c.call(s.ctx())
			var api smithy.APIError
			if !errors.As(err, &api) {
				t.Fatalf("got %v, want an API error with code %s", err, c.code)
			}
			if api.ErrorCode() != c.code {
				t.Errorf("code is %s (%s), want %s", api.ErrorCode(), api.ErrorMessage(), c.code)
			}
			if !c.as(err) {
				t.Errorf("error is a %T, want another type", api)
			}
			if api.ErrorFault() != smithy.FaultClient {
				t.Errorf("fault is %s, want the client's", api.ErrorFault())
			}
		})
	}
}

func TestRequestsThatAreNotTheProtocol(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	cases := []struct {
		name, method, target, body string
		status                     int
		shape                      string
	}{
		{"no target", "POST", "", "{}", 400, "com.amazon.coral.service#UnknownOperationException"},
		{"target of another service", "POST", "DynamoDB_20120810.PutItem", "{}", 400, "com.amazon.coral.service#UnknownOperationException"},
		{"not POST", "GET", "AmazonSQS.ListQueues", "", 400, "com.amazon.coral.service#SerializationException"},
		{"not JSON", "POST", "AmazonSQS.ListQueues", "{", 400, "com.amazon.coral.service#SerializationException"},
		{"wrong type", "POST", "AmazonSQS.ReceiveMessage", `{"MaxNumberOfMessages":"two"}`, 400, "com.amazon.coral.service#SerializationException"},
		{"not UTF-8", "POST", "AmazonSQS.ListQueues", "{\"QueueNamePrefix\":\"\xff\"}", 400, "com.amazon.coral.service#SerializationException"},
		{"no queue URL", "POST", "AmazonSQS.ReceiveMessage", `{}`, 400, "com.amazon.coral.service#MissingRequiredParameterException"},
		{"longer than 8 MiB", "POST", "AmazonSQS.ListQueues", strings.Repeat(" ", 8<<20+1), 413, "com.amazon.coral.service#RequestEntityTooLargeException"},
	}
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(s.ctx(), c.method, s.url, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Amz-Target", c.target)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			raw, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			var body struct {
				Type    string `json:"__type"`
				Message string `json:"message"`
			}
			if err := json.Unmarshal(raw, &body); err != nil {
				t.Fatalf("answer %q: %v", raw, err)
			}
			if resp.StatusCode != c.status || body.Type != c.shape || body.Message == "" {
				t.Errorf("got %d %+v, want %d %s with a message", resp.StatusCode, body, c.status, c.shape)
			}
			if got := resp.Header.Get("Content-Type"); got != "application/x-amz-json-1.0" {
				t.Errorf("content type is %s", got)
			}
			if resp.Header.Get("X-Amzn-Query-Error") == "" {
				t.Error("the header x-amzn-query-error is missing")
			}
		})
	}
}
