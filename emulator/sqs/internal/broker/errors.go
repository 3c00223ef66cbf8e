package broker

import "errors"

// The errors of the broker's methods. Each method lists those it can return;
// anything else is a failure of the disk, after which the change did not
// happen.
var (
	// ErrClosed answers a call on a broker that is closed or closing.
	ErrClosed = errors.New("queue storage is closed")
	// ErrQueueNotFound answers a call that names an unknown queue.
	ErrQueueNotFound = errors.New("queue does not exist")
	// ErrTargetNotFound answers settings whose dead-letter queue is unknown.
	ErrTargetNotFound = errors.New("dead-letter queue does not exist")
	// ErrInvalidHandle answers a receipt handle that this queue never gave out.
	ErrInvalidHandle = errors.New("receipt handle is not valid for this queue")
	// ErrMessageGone answers a change of visibility by a handle whose message was
	// deleted, or received again by someone else.
	ErrMessageGone = errors.New("message was deleted or received again")
	// ErrNotInFlight answers a change of visibility of a message whose time-out
	// has run out.
	ErrNotInFlight = errors.New("message is not in flight")
	// ErrVisibilityTooLong answers a change that would keep a message in flight
	// for more than 12 hours after it was received.
	ErrVisibilityTooLong = errors.New("message would stay in flight for more than 12 hours")
	// ErrOverLimit answers a receive, with no wait, from a queue that has as many
	// messages in flight as it may have.
	ErrOverLimit = errors.New("too many messages in flight")
	// ErrPurgeInProgress answers a purge less than 60 seconds after the last one.
	ErrPurgeInProgress = errors.New("queue was purged less than 60 seconds ago")
)
