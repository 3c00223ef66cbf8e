package lambda

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// ErrClosed is returned by Invoke and Warm once Close was called.
var ErrClosed = errors.New("lambda: the function is closed")

// ThrottledError says that every concurrent execution that the function may use is
// busy. The invocation did not reach the function and may be repeated later. Over
// HTTP it is AWS's TooManyRequestsException, status 429.
type ThrottledError struct {
	Function string
	Limit    int
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("lambda: %s is throttled: all of its %d concurrent executions are in use", e.Function, e.Limit)
}

// HTTPStatusCode is the status that AWS answers with. The name is the one that the
// AWS SDK's errors use, so that a caller can treat both alike.
func (e *ThrottledError) HTTPStatusCode() int { return http.StatusTooManyRequests }

// ErrorCode is the AWS name of the error.
func (e *ThrottledError) ErrorCode() string { return "TooManyRequestsException" }

// RequestTooLargeError says that a payload is over MaxPayloadBytes. The invocation
// did not reach the function, and repeating it is of no use. Over HTTP it is AWS's
// RequestTooLargeException, status 413.
type RequestTooLargeError struct {
	Function string
	Size     int
	Limit    int
}

func (e *RequestTooLargeError) Error() string {
	return fmt.Sprintf("lambda: the payload for %s must be at most %d bytes, got %d", e.Function, e.Limit, e.Size)
}

// HTTPStatusCode is the status that AWS answers with.
func (e *RequestTooLargeError) HTTPStatusCode() int { return http.StatusRequestEntityTooLarge }

// ErrorCode is the AWS name of the error.
func (e *RequestTooLargeError) ErrorCode() string { return "RequestTooLargeException" }

// InvalidRequestError says that a payload is not JSON. The
// invocation did not reach the function. Over HTTP it is AWS's
// InvalidRequestContentException, status 400.
type InvalidRequestError struct {
	Function string
	Reason   string
}

func (e *InvalidRequestError) Error() string {
	return fmt.Sprintf("lambda: invalid request for %s: %s", e.Function, e.Reason)
}

// HTTPStatusCode is the status that AWS answers with.
func (e *InvalidRequestError) HTTPStatusCode() int { return http.StatusBadRequest }

// ErrorCode is the AWS name of the error.
func (e *InvalidRequestError) ErrorCode() string { return "InvalidRequestContentException" }

// InitError says that a process did not come as far as asking for its first
// invocation. Type is the AWS error type, such as Runtime.ExitError, or the one that
// the process reported itself. Log holds the last lines that the process wrote,
// at most 4 KiB, and Error includes them.
type InitError struct {
	Function string
	Type     string
	Message  string
	Log      []string
}

func (e *InitError) Error() string {
	message := fmt.Sprintf("lambda: %s did not initialize: %s: %s", e.Function, e.Type, e.Message)
	if len(e.Log) == 0 {
		return message + "; it wrote no log"
	}
	return message + "; its last log lines:\n\t" + strings.Join(e.Log, "\n\t")
}
