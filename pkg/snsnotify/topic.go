// Package snsnotify publishes notifications to an Amazon SNS topic.
package snsnotify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
	"github.com/go-json-experiment/json"

	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/awsclient/batch"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

// Client is what Topic needs of *sns.Client.
type Client interface {
	PublishBatch(context.Context, *sns.PublishBatchInput, ...func(*sns.Options)) (*sns.PublishBatchOutput, error)
}

var _ Client = (*sns.Client)(nil)

// Config says how a topic is reached. TopicARN is required.
type Config struct {
	TopicARN string
	// Attempts is how often one entry of a batch is tried in all when SNS
	// refuses it for a transient failure; 3 by default. Calls that fail whole are
	// retried by the SDK's client, not here.
	Attempts int
	// Backoff is the mean pause before the second try, doubled for each one
	// after; 100 ms by default.
	Backoff time.Duration
}

// Topic publishes to one topic. It packs notifications into as few calls as the
// limits of SNS allow (ten entries, contract.PublishLimit bytes) and has up to eight under
// way at once. It is safe for concurrent use.
type Topic struct {
	client Client
	arn    string
	sender *batch.Sender[publication]
}

var _ process.Notifier = (*Topic)(nil)

// New returns a topic. Returns an error that names a field which cannot be used.
func New(client Client, c Config) (*Topic, error) {
	if !strings.HasPrefix(c.TopicARN, "arn:") {
		return nil, fmt.Errorf("snsnotify: TopicARN must be the ARN of a topic, got %q", c.TopicARN)
	}
	t := &Topic{client: client, arn: c.TopicARN}
	var err error
	t.sender, err = batch.New(batch.Config[publication]{
		Call: t.call, Size: publication.size, Bytes: contract.PublishLimit, Attempts: c.Attempts, Backoff: c.Backoff,
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// publication is one encoded notification with its attributes.
type publication struct {
	message    string
	attributes map[string]attribute
}

// size is what SNS counts: the message, and the names, types and values of the
// attributes.
func (p publication) size() int {
	sum := len(p.message)
	for name, a := range p.attributes {
		sum += len(name) + len(a.kind) + len(a.value)
	}
	return sum
}

// Publish publishes each notification as one JSON message with attributes by which
// a subscriber may filter: client, event_id, correlation_id, user_id, currency, merchant and
// status as strings, amount as a number. It returns one error a notification, nil
// for those taken and a NotifierUnavailable fault otherwise. A notification whose
// call was cut off may have been sent all the same.
//
// No attribute costs a notification: one that SNS refuses is published once more
// with the client and the two ids alone.
func (t *Topic) Publish(ctx context.Context, notifications []process.Notification) []error {
	return t.publish(ctx, notifications, attributesOf)
}

// PublishAgain publishes the notifications of stored events once more, as Publish does,
// each with the attribute replayed, by which subscribers tell it from the first.
func (t *Topic) PublishAgain(ctx context.Context, events []event.Stored) []error {
	notifications := make([]process.Notification, len(events))
	for i, e := range events {
		notifications[i] = process.Notification{
			Client: e.Client, EventID: e.ID, CorrelationID: e.CorrelationID, Status: contract.StatusProcessed,
			UserID: e.UserID, Amount: e.Amount, Currency: e.Currency, Merchant: e.Merchant, Timestamp: e.Timestamp,
			Mode: e.Mode, SHA256: e.SHA256, ProcessedAt: e.CreatedAt,
		}
	}
	return t.publish(ctx, notifications, replayedAttributesOf)
}

func (t *Topic) publish(ctx context.Context, notifications []process.Notification, attributes func(process.Notification) map[string]attribute) []error {
	errs := make([]error, len(notifications))
	var fitting []publication
	var places []int
	for i, n := range notifications {
		p, err := encode(n, attributes(n))
		if err != nil {
			errs[i] = unavailable(err)
			continue
		}
		fitting, places = append(fitting, p), append(places, i)
	}
	var bare []publication
	var barePlaces []int
	for n, err := range t.sender.Send(ctx, fitting) {
		errs[places[n]] = unavailable(err)
		if refused(err) {
			bare, barePlaces = append(bare, fitting[n].bare()), append(barePlaces, places[n])
		}
	}
	if len(bare) == 0 {
		return errs
	}
	for n, err := range t.sender.Send(ctx, bare) {
		errs[barePlaces[n]] = unavailable(err)
	}
	return errs
}

// refused reports whether SNS refused a notification for what it holds.
func refused(err error) bool {
	if refusal, ok := errors.AsType[*batch.Refusal](err); ok {
		return refusal.Final()
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	switch api.ErrorCode() {
	case "InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationException":
		return true
	}
	return false
}

func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(fault.NotifierUnavailable, err, "the notification cannot be sent")
}

func encode(n process.Notification, attributes map[string]attribute) (publication, error) {
	message, err := json.Marshal(n)
	if err != nil {
		return publication{}, fmt.Errorf("encode the notification of %s: %w", n.EventID, err)
	}
	p := publication{awsclient.JSON(string(message)), attributes}
	if p.size() > contract.PublishLimit {
		p = p.bare()
	}
	if size := p.size(); size > contract.PublishLimit {
		return p, fmt.Errorf("the notification of %s has %d bytes, the limit is %d", n.EventID, size, contract.PublishLimit)
	}
	return p, nil
}

func (t *Topic) call(ctx context.Context, publications []publication) []batch.Outcome {
	entries := make([]types.PublishBatchRequestEntry, len(publications))
	for i, p := range publications {
		attributes := make(map[string]types.MessageAttributeValue, len(p.attributes))
		for name, a := range p.attributes {
			attributes[name] = types.MessageAttributeValue{DataType: aws.String(a.kind), StringValue: aws.String(a.value)}
		}
		entries[i] = types.PublishBatchRequestEntry{
			Id: aws.String(batch.ID(i)), Message: aws.String(p.message), MessageAttributes: attributes,
		}
	}
	out, err := t.client.PublishBatch(ctx, &sns.PublishBatchInput{
		TopicArn: aws.String(t.arn), PublishBatchRequestEntries: entries,
	})
	if err != nil {
		return batch.Failed(len(entries), fmt.Errorf("publish %d notifications: %w", len(entries), err))
	}
	taken := make([]string, len(out.Successful))
	for i, entry := range out.Successful {
		taken[i] = aws.ToString(entry.Id)
	}
	refused := make([]batch.Refusal, len(out.Failed))
	for i, entry := range out.Failed {
		refused[i] = batch.Refusal{
			ID: aws.ToString(entry.Id), Code: aws.ToString(entry.Code),
			Message: aws.ToString(entry.Message), SenderFault: entry.SenderFault,
		}
	}
	return batch.Outcomes(len(entries), taken, refused)
}
