package sqs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/fluxa/fluxa/emulator/sqs"
)

const testTrace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"

func TestMessageRoundTrip(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"text":               "hello",
		"one byte":           "x",
		"json":               `{"a":"\"<b>&\\"}`,
		"edge characters":    "\t\n\r \uD7FF\uE000\uFFFD\U00010000\U0010FFFF",
		"1 MiB":              strings.Repeat("x", 1<<20),
		"1 MiB to escape":    strings.Repeat(`"`, 1<<20),
		"1 MiB of non-ASCII": strings.Repeat("é", 1<<19),
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			url := s.queue("events", nil)
			id := s.send(url, body)
			s.reopen()
			got := s.receiveOne(s.queue("events", nil))
			if *got.MessageId != id || *got.Body != body {
				t.Errorf("received %d bytes with id %s, want the %d sent with id %s", len(*got.Body), *got.MessageId, len(body), id)
			}
		})
	}
}

func TestAttributesRoundTrip(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url := s.queue("events", nil)
		sent := map[string]types.MessageAttributeValue{
			"event_id":       {DataType: aws.String("String"), StringValue: aws.String("e-1")},
			"schema_version": {DataType: aws.String("Number.int"), StringValue: aws.String("-1.5e3")},
			"blob":           {DataType: aws.String("Binary.gif"), BinaryValue: []byte{0, 0xFF, 1}},
		}
		out, err := s.client.SendMessage(s.ctx(), &awssqs.SendMessageInput{
			QueueUrl: &url, MessageBody: aws.String("x"), MessageAttributes: sent,
			MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
				"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String(testTrace)},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if out.MD5OfMessageSystemAttributes == nil {
			t.Error("the MD5 of the trace header is missing")
		}
		s.reopen()
		url = s.queue("events", nil)
		got := s.receiveOne(url)
		if *got.MD5OfMessageAttributes != *out.MD5OfMessageAttributes {
			t.Errorf("MD5 of attributes received %s, sent %s", *got.MD5OfMessageAttributes, *out.MD5OfMessageAttributes)
		}
		for name, want := range sent {
			a := got.MessageAttributes[name]
			if *a.DataType != *want.DataType || aws.ToString(a.StringValue) != aws.ToString(want.StringValue) || !bytes.Equal(a.BinaryValue, want.BinaryValue) {
				t.Errorf("attribute %s is %+v, want %+v", name, a, want)
			}
		}
		want := map[string]string{
			"SenderId": "AIDAEMULATOR000000000", "SentTimestamp": "946684800000",
			"ApproximateReceiveCount": "1", "ApproximateFirstReceiveTimestamp": "946684800000",
			"AWSTraceHeader": testTrace,
		}
		if !maps.Equal(got.Attributes, want) {
			t.Errorf("system attributes are %v, want %v", got.Attributes, want)
		}
	})
}

// AttributeNames is what clients said before MessageSystemAttributeNames.
func TestReceiveTakesTheOlderNameOfSystemAttributes(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	url := s.queue("events", nil)
	s.send(url, "x")
	req, err := http.NewRequestWithContext(s.ctx(), http.MethodPost, s.url,
		strings.NewReader(`{"QueueUrl":"`+url+`","AttributeNames":["ApproximateReceiveCount"]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Target", "AmazonSQS.ReceiveMessage")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct {
		Messages []struct{ Attributes map[string]string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"ApproximateReceiveCount": "1"}
	if len(out.Messages) != 1 || !maps.Equal(out.Messages[0].Attributes, want) {
		t.Errorf("got %+v, want %v", out, want)
	}
}

func TestTraceHeaderOfTheRequestGoesWithTheMessage(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	url := s.queue("events", nil)
	header := awssqs.WithAPIOptions(smithyhttp.AddHeaderValue("X-Amzn-Trace-Id", testTrace))
	out, err := s.client.SendMessage(s.ctx(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("x")}, header)
	if err != nil {
		t.Fatal(err)
	}
	if out.MD5OfMessageSystemAttributes != nil {
		t.Error("an MD5 of system attributes that were not sent")
	}
	if got := s.receiveOne(url).Attributes["AWSTraceHeader"]; got != testTrace {
		t.Errorf("trace header is %q, want %q", got, testTrace)
	}
	own := "Root=1-00000000-000000000000000000000000"
	_, err = s.client.SendMessage(s.ctx(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("x"),
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: &own},
		}}, header)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.receiveOne(url).Attributes["AWSTraceHeader"]; got != own {
		t.Errorf("trace header is %q, want the message's own %q", got, own)
	}
}

// The sum is the one that Amazon's own service gives for this attribute.
func TestMD5OfAttributesIsThatOfSQS(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	url := s.queue("events", nil)
	out, err := s.client.SendMessage(s.ctx(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("derp"),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"timestamp": {DataType: aws.String("Number"), StringValue: aws.String("1493147359900")},
		}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := *out.MD5OfMessageAttributes, "235c5c510d26fb653d073faed50ae77c"; got != want {
		t.Errorf("MD5 of the attributes is %s, want %s", got, want)
	}
	if got, want := *out.MD5OfMessageBody, "58fd9edd83341c29f1aebba81c31e257"; got != want {
		t.Errorf("MD5 of the body is %s, want %s", got, want)
	}
}

func TestReceiveGivesTheAttributesAskedFor(t *testing.T) {
	t.Parallel()
	value := types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String("v")}
	cases := []struct {
		names []string
		want  []string
	}{
		{nil, nil},
		{[]string{"All"}, []string{"a.x", "a.y", "b"}},
		{[]string{".*"}, []string{"a.x", "a.y", "b"}},
		{[]string{"a.*"}, []string{"a.x", "a.y"}},
		{[]string{"b", "nope"}, []string{"b"}},
	}
	s := newStand(t)
	url := s.queue("events", map[string]string{"VisibilityTimeout": "0"})
	_, err := s.client.SendMessage(s.ctx(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("x"),
		MessageAttributes: map[string]types.MessageAttributeValue{"a.x": value, "a.y": value, "b": value}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		out, err := s.client.ReceiveMessage(s.ctx(), &awssqs.ReceiveMessageInput{QueueUrl: &url, MessageAttributeNames: c.names,
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{"SentTimestamp"}})
		if err != nil {
			t.Fatal(err)
		}
		m := out.Messages[0]
		if got := slices.Sorted(maps.Keys(m.MessageAttributes)); !slices.Equal(got, c.want) {
			t.Errorf("asked for %v: got %v, want %v", c.names, got, c.want)
		}
		if (m.MD5OfMessageAttributes == nil) != (c.want == nil) {
			t.Errorf("asked for %v: the MD5 does not go with the attributes", c.names)
		}
		if got := slices.Sorted(maps.Keys(m.Attributes)); !slices.Equal(got, []string{"SentTimestamp"}) {
			t.Errorf("system attributes are %v", got)
		}
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	url := s.queue("events", nil)
	entry := func(id, body string) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body}
	}
	sent, err := s.client.SendMessageBatch(s.ctx(), &awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{
		entry("good", "one"), entry("bad", "\uFFFE"), entry("also-good", "two"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(sent.Successful) != 2 || *sent.Successful[0].Id != "good" || *sent.Successful[1].Id != "also-good" {
		t.Errorf("successful are %+v", sent.Successful)
	}
	if len(sent.Failed) != 1 || *sent.Failed[0].Id != "bad" || *sent.Failed[0].Code != "InvalidMessageContents" || !sent.Failed[0].SenderFault {
		t.Errorf("failed are %+v", sent.Failed)
	}
	got := s.receive(url)
	if !slices.Equal(bodies(got), []string{"one", "two"}) {
		t.Fatalf("received %v", bodies(got))
	}

	visibility, err := s.client.ChangeMessageVisibilityBatch(s.ctx(), &awssqs.ChangeMessageVisibilityBatchInput{QueueUrl: &url,
		Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
			{Id: aws.String("a"), ReceiptHandle: got[0].ReceiptHandle, VisibilityTimeout: 0},
			{Id: aws.String("b"), ReceiptHandle: aws.String("garbage"), VisibilityTimeout: 0},
			{Id: aws.String("c"), ReceiptHandle: got[1].ReceiptHandle, VisibilityTimeout: 43201},
		}})
	if err != nil {
		t.Fatal(err)
	}
	failures := map[string]string{}
	for _, f := range visibility.Failed {
		failures[*f.Id] = *f.Code
	}
	if want := map[string]string{"b": "ReceiptHandleIsInvalid", "c": "InvalidParameterValue"}; len(visibility.Successful) != 1 || !maps.Equal(failures, want) {
		t.Errorf("successful %+v, failures %v, want %v", visibility.Successful, failures, want)
	}
	s.wantStats("events", sqs.Stats{Visible: 1, InFlight: 1})

	deleted, err := s.client.DeleteMessageBatch(s.ctx(), &awssqs.DeleteMessageBatchInput{QueueUrl: &url,
		Entries: []types.DeleteMessageBatchRequestEntry{
			{Id: aws.String("a"), ReceiptHandle: got[0].ReceiptHandle},
			{Id: aws.String("b"), ReceiptHandle: aws.String("garbage")},
			{Id: aws.String("c"), ReceiptHandle: got[1].ReceiptHandle},
		}})
	if err != nil {
		t.Fatal(err)
	}
	if len(deleted.Successful) != 2 || len(deleted.Failed) != 1 || *deleted.Failed[0].Id != "b" || *deleted.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Errorf("deleted %+v, failed %+v", deleted.Successful, deleted.Failed)
	}
	s.wantStats("events", sqs.Stats{})
}

func TestBatchOfExactlyOneMiBIsTaken(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	url := s.queue("events", nil)
	entries := make([]types.SendMessageBatchRequestEntry, 2)
	for i := range entries {
		entries[i] = types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: aws.String(strings.Repeat("x", 1<<19))}
	}
	out, err := s.client.SendMessageBatch(s.ctx(), &awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries})
	if err != nil || len(out.Successful) != 2 {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	url := s.queue("events", nil)
	err := s.server.Deliver(s.ctx(), arnPrefix+"events", sqs.Outgoing{Body: "hello", TraceHeader: testTrace,
		Attributes: map[string]sqs.Attribute{"a": {DataType: "String", String: "v"}}})
	if err != nil {
		t.Fatal(err)
	}
	got := s.receiveOne(url)
	if *got.Body != "hello" || *got.MessageAttributes["a"].StringValue != "v" || got.Attributes["AWSTraceHeader"] != testTrace {
		t.Errorf("received %+v", got)
	}
	for arn, want := range map[string]error{
		arnPrefix + "nope":                   sqs.ErrNoSuchQueue,
		"arn:aws:sqs:eu-west-1:1:events":     sqs.ErrNoSuchQueue,
		"arn:aws:sns:us-east-1:000000000000": sqs.ErrNoSuchQueue,
	} {
		if err := s.server.Deliver(s.ctx(), arn, sqs.Outgoing{Body: "x"}); !errors.Is(err, want) {
			t.Errorf("deliver to %s: %v, want %v", arn, err, want)
		}
	}
	for _, body := range []string{"", "\uFFFE", strings.Repeat("x", 1<<20+1)} {
		if err := s.server.Deliver(s.ctx(), arnPrefix+"events", sqs.Outgoing{Body: body}); !errors.Is(err, sqs.ErrRefused) {
			t.Errorf("deliver of a bad message: %v, want ErrRefused", err)
		}
	}
}
