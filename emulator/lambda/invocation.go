package lambda

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

const (
	latestVersion  = "$LATEST"
	unhandledError = "Unhandled"
)

// Input is one request to run a function. Payload must be JSON of at most
// MaxPayloadBytes; an empty one stands for {}. TraceID is an X-Ray trace header,
// completed when a part is missing and made when empty.
type Input struct {
	Payload []byte
	TraceID string
}

// Output is the result of an invocation that reached the function. FunctionError is
// empty when it succeeded and "Unhandled" otherwise; Payload is then a JSON object
// with errorType and errorMessage. LogTail holds the last lines, at most 4 KiB, that
// the process had written by then; lines still under way may be missing from it,
// except after the end of a process.
type Output struct {
	Payload       []byte
	FunctionError string
	RequestID     string
	TraceID       string
	LogTail       []string
}

// fault is the shape in which Lambda reports errors.
type fault struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func faultPayload(kind, message string) []byte {
	payload, err := json.Marshal(fault{Type: kind, Message: message})
	if err != nil {
		panic(err) // two strings always encode
	}
	return payload
}

// answer is what became of an invocation.
type answer struct {
	payload []byte
	fault   bool
}

// invocation is one request on its way through an execution environment.
type invocation struct {
	id      string
	payload []byte
	trace   string

	deadline time.Time     // set before the process sees the invocation
	finished chan struct{} // closed when the process, having answered, asks for more work
	answer   *answer       // guarded by the mutex of the environment
}

func (c Config) newInvocation(in Input) (*invocation, error) {
	payload := in.Payload
	if len(bytes.TrimSpace(payload)) == 0 {
		payload = []byte("{}")
	}
	if len(payload) > MaxPayloadBytes {
		return nil, &RequestTooLargeError{Function: c.Name, Size: len(payload), Limit: MaxPayloadBytes}
	}
	if !json.Valid(payload) {
		return nil, &InvalidRequestError{Function: c.Name, Reason: "the payload is not JSON"}
	}
	return &invocation{
		id:       uuid.NewString(),
		payload:  payload,
		trace:    completeTrace(in.TraceID, time.Now()),
		finished: make(chan struct{}),
	}, nil
}

// These are the ways in which AWS words the end of an environment.

func (i *invocation) timedOut(after time.Duration) answer {
	return i.failed("Sandbox.Timedout", fmt.Sprintf("Task timed out after %.2f seconds", after.Seconds()))
}

func (i *invocation) exited(status string) answer {
	return i.failed("Runtime.ExitError", exitMessage(status))
}

func (i *invocation) outOfMemory() answer {
	return i.failed("Runtime.OutOfMemory", exitMessage("signal: killed"))
}

func (i *invocation) notInitialized(err *InitError) answer {
	return i.failed(err.Type, err.Message)
}

func (i *invocation) failed(kind, message string) answer {
	return answer{fault: true, payload: faultPayload(kind, "RequestId: "+i.id+" Error: "+message)}
}

func exitMessage(status string) string {
	if status == "exit status 0" {
		return "Runtime exited without providing a reason"
	}
	return "Runtime exited with error: " + status
}
