// Package queue has two adapters over one client, of which a command uses one.
package queue

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Client is what the adapters need.
type Client interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
}

// Sender sends.
type Sender struct{ client Client }

// NewSender returns a sender.
func NewSender(client Client) *Sender { return &Sender{client} }

// Send sends a message.
func (s *Sender) Send(ctx context.Context) error {
	_, err := s.client.SendMessage(ctx, &sqs.SendMessageInput{}) // want sqs.SendMessage
	return err
}

// Postponer postpones. It has the method of the Sender too, and is never made.
type Postponer struct{ client Client }

var _ interface{ Send(context.Context) error } = (*Postponer)(nil)

// NewPostponer returns a postponer.
func NewPostponer(client Client) *Postponer { return &Postponer{client} }

// Send postpones a message.
func (p *Postponer) Send(ctx context.Context) error {
	_, err := p.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{})
	return err
}
