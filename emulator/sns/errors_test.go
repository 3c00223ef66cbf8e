package sns_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"github.com/fluxa/fluxa/emulator/sns"
)

func TestErrorCodes(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	publish := func(in awssns.PublishInput) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.client.Publish(ctx, &in)
			return err
		}
	}
	batch := func(n int, message string, id func(int) string) func(context.Context) error {
		entries := make([]types.PublishBatchRequestEntry, n)
		for i := range entries {
			entries[i] = types.PublishBatchRequestEntry{Id: aws.String(id(i)), Message: &message}
		}
		return func(ctx context.Context) error {
			_, err := s.client.PublishBatch(ctx, &awssns.PublishBatchInput{TopicArn: &s.topic, PublishBatchRequestEntries: entries})
			return err
		}
	}
	numbered := func(i int) string { return fmt.Sprint("id-", i) }
	x := aws.String("x")
	cases := []struct {
		name string
		call func(context.Context) error
		want string
		as   any
	}{
		{"publish to unknown topic", publish(awssns.PublishInput{TopicArn: aws.String(arnPrefix + "nope"), Message: x}), "NotFound", new(*types.NotFoundException)},
		{"publish to no ARN", publish(awssns.PublishInput{TopicArn: x, Message: x}), "InvalidParameter", new(*types.InvalidParameterException)},
		{"empty message", publish(awssns.PublishInput{TopicArn: &s.topic, Message: aws.String("")}), "InvalidParameter", new(*types.InvalidParameterException)},
		{"256 KiB and one byte", publish(awssns.PublishInput{TopicArn: &s.topic, Message: aws.String(strings.Repeat("x", 256<<10+1))}), "InvalidParameter", new(*types.InvalidParameterException)},
		{"attribute without value", publish(awssns.PublishInput{TopicArn: &s.topic, Message: x, MessageAttributes: map[string]types.MessageAttributeValue{"a": {DataType: aws.String("String"), StringValue: aws.String("")}}}), "ParameterValueInvalid", new(*types.InvalidParameterValueException)},
		{"a text for each protocol", publish(awssns.PublishInput{TopicArn: &s.topic, Message: aws.String(`{"default":"x"}`), MessageStructure: aws.String("json")}), "InvalidParameter", new(*types.InvalidParameterException)},
		{"sms", publish(awssns.PublishInput{PhoneNumber: aws.String("+10000000000"), Message: x}), "InvalidParameter", new(*types.InvalidParameterException)},
		{"batch of none", batch(0, "x", numbered), "EmptyBatchRequest", new(*types.EmptyBatchRequestException)},
		{"batch of eleven", batch(11, "x", numbered), "TooManyEntriesInBatchRequest", new(*types.TooManyEntriesInBatchRequestException)},
		{"batch with one id twice", batch(2, "x", func(int) string { return "same" }), "BatchEntryIdsNotDistinct", new(*types.BatchEntryIdsNotDistinctException)},
		{"batch with a bad id", batch(1, "x", func(int) string { return "a b" }), "InvalidBatchEntryId", new(*types.InvalidBatchEntryIdException)},
		{"batch over 256 KiB", batch(2, strings.Repeat("x", 128<<10+1), numbered), "BatchRequestTooLong", new(*types.BatchRequestTooLongException)},
		{"action that is not there", func(ctx context.Context) error {
			_, err := s.client.ConfirmSubscription(ctx, &awssns.ConfirmSubscriptionInput{TopicArn: &s.topic, Token: x})
			return err
		}, "InvalidAction", new(*smithy.GenericAPIError)},
	}
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			err := c.call(s.ctx())
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != c.want {
				t.Fatalf("got %v, want code %s", err, c.want)
			}
			if !errors.As(err, c.as) {
				t.Errorf("error is a %T, want a %T", api, c.as)
			}
		})
	}
}

func TestRequestsThatAreNotTheProtocol(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"no action":         {"a=b", 400},
		"bad escape":        {"Action=%zz", 400},
		"longer than 2 MiB": {"Action=" + strings.Repeat("x", 2<<20), 413},
	} {
		resp, err := http.Post(s.url, "application/x-www-form-urlencoded", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != c.status || !strings.Contains(string(body), "<ErrorResponse") {
			t.Errorf("%s: %d %s, want %d", name, resp.StatusCode, body, c.status)
		}
	}
}

func TestNewRefusesABadConfig(t *testing.T) {
	t.Parallel()
	if _, err := sns.New(sns.Config{}); err == nil || !strings.Contains(err.Error(), "Queues is nil") {
		t.Errorf("got %v", err)
	}
}
