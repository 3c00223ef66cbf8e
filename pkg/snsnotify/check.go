package snsnotify

import (
	"context"
	"fmt"

	"github.com/fluxa/fluxa/pkg/awsclient"
)

// Check reports whether the topic can be reached, by asking it to publish an empty
// message, which SNS refuses
// (https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html): subscribers see
// nothing. Whether the topic's key may be used it does not see. Returns what
// awsclient.Reached does, as a NotifierUnavailable fault.
func (t *Topic) Check(ctx context.Context) error {
	outcome := t.call(ctx, []publication{{}})[0]
	if refused(outcome.Err) {
		return nil
	}
	if err := awsclient.Reached(outcome.Err); err != nil {
		return unavailable(fmt.Errorf("publish an empty notification: %w", err))
	}
	return nil
}
