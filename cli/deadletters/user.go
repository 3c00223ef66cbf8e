package deadletters

import (
	"context"
	"strings"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
)

// OfUser is what the DLQ has of a user.
type OfUser struct {
	// IDs are the message ids of those whose payload names the user.
	IDs []string
	// Elsewhere are, by message id, the hashes of payloads that are not in their message.
	Elsewhere map[string]string
	// Unclear are the message ids of those that cannot be read, and have the user's id
	// somewhere.
	Unclear []string
}

// OfUser looks for the messages of a user that were accepted until a time, at one client
// or, with nil, at every one, and gives every message back.
func (q *Queue) OfUser(ctx context.Context, userID string, client *string, until time.Time) (OfUser, error) {
	out := OfUser{Elsewhere: map[string]string{}}
	err := q.Export(ctx, Filter{}, func(l Letter) error {
		envelope, err := event.DecodeEnvelope(l.Body)
		switch {
		case err != nil:
			if strings.Contains(l.Body, userID) {
				out.Unclear = append(out.Unclear, l.MessageID)
			}
			return nil
		case client != nil && envelope.Client != *client, envelope.ReceivedAt.After(until):
			return nil
		case envelope.Mode != event.Inline:
			out.Elsewhere[l.MessageID] = envelope.SHA256
			return nil
		}
		owner, err := event.UserID([]byte(*envelope.Payload))
		switch {
		case err != nil && strings.Contains(*envelope.Payload, userID):
			out.Unclear = append(out.Unclear, l.MessageID)
		case err == nil && owner == userID:
			out.IDs = append(out.IDs, l.MessageID)
		}
		return nil
	})
	return out, err
}
