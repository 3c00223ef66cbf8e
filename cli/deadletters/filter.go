package deadletters

import (
	"cmp"
	"slices"
	"time"
)

// NoCode stands for the error code of messages without one: SQS itself moved them after
// their last receive.
const NoCode = "-"

// Filter chooses messages. The zero value takes every one.
type Filter struct {
	// Codes are error codes, NoCode among them.
	Codes []string
	// After and Before bound when a message was sent. Zero is no bound.
	After, Before time.Time
	// Client is whose events they are; empty for everybody's.
	Client string
}

func (f Filter) takes(l Letter) bool {
	return (f.Client == "" || l.Client == f.Client) &&
		(len(f.Codes) == 0 || slices.Contains(f.Codes, cmp.Or(l.ErrorCode, NoCode))) &&
		(f.After.IsZero() || l.SentAt.After(f.After)) &&
		(f.Before.IsZero() || l.SentAt.Before(f.Before))
}
