package deadletters

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Count is how many messages a queue has, as far as SQS knows: those that can
// be received, those in flight, and those under a delay.
type Count struct {
	Visible  int64 `json:"visible"`
	InFlight int64 `json:"in_flight"`
	Delayed  int64 `json:"delayed"`
}

// Total is the sum of the three.
func (c Count) Total() int64 { return c.Visible + c.InFlight + c.Delayed }

// Counter is what of the AWS SDK's SQS client a count needs.
type Counter interface {
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
}

// CountOf asks how many messages the queue at a URL has; name is for people.
func CountOf(ctx context.Context, client Counter, name, url string) (Count, error) {
	var count Count
	wanted := map[types.QueueAttributeName]*int64{
		types.QueueAttributeNameApproximateNumberOfMessages:           &count.Visible,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible: &count.InFlight,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed:    &count.Delayed,
	}
	in := &sqs.GetQueueAttributesInput{QueueUrl: &url}
	for attribute := range wanted {
		in.AttributeNames = append(in.AttributeNames, attribute)
	}
	out, err := client.GetQueueAttributes(ctx, in)
	if err != nil {
		return Count{}, fmt.Errorf("count the messages of %s: %w", name, err)
	}
	for attribute, into := range wanted {
		text := out.Attributes[string(attribute)]
		if *into, err = strconv.ParseInt(text, 10, 64); err != nil {
			return Count{}, fmt.Errorf("count the messages of %s: %s is %q: %w", name, attribute, text, err)
		}
	}
	return count, nil
}
