// Package fault is the one error taxonomy of Fluxa. An error has a kind, which
// decides what is done about it, and a code, which says to people what it was.
// Only two functions turn a kind into an action: HTTPStatus for an HTTP answer
// and DispositionOf for a message on the queue.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Kind classes an error by what has to be done about it.
type Kind int

// The kinds. The zero value is Unknown: nobody classified the error, so it is
// nobody's fault but ours. It counts as transient on the queue and as 500 over
// HTTP.
const (
	Unknown   Kind = iota
	Invalid        // the caller must change the request
	Missing        // what was asked for is not there
	Conflict       // it contradicts what was accepted before
	Permanent      // trying again cannot help
	Transient      // trying again will help, later
)

// Field is one fault of one place of a request. Pointer is a JSON Pointer (RFC
// 6901) into the body, or the name of a header or query parameter.
type Field struct {
	Pointer string `json:"pointer"`
	Code    Code   `json:"code"`
	Detail  string `json:"detail"`
}

// Error is a classified error. Reason is a sentence for people, safe to show to
// the caller: it holds no secret, no payload and no inner detail. The cause is
// for the log only.
type Error struct {
	Code   Code
	Reason string
	Fields []Field
	// RetryAfter is how long the caller should wait; zero means not said.
	RetryAfter time.Duration
	cause      error
}

// New returns an error of the given code.
func New(code Code, reason string) *Error { return &Error{Code: code, Reason: reason} }

// Newf is New with a format.
func Newf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Reason: fmt.Sprintf(format, args...)}
}

// Wrap returns an error of the given code around a cause, which errors.Is and
// errors.As still find. A nil cause is allowed.
func Wrap(code Code, cause error, reason string) *Error {
	return &Error{Code: code, Reason: reason, cause: cause}
}

// Restate returns err under a code, with words before its reason. Its fields and its cause
// are kept, so that the text says each thing once.
func Restate(code Code, err error, words string) *Error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return Wrap(code, err, words+": "+ReasonOf(err))
	}
	return &Error{Code: code, Reason: words + ": " + e.Reason, Fields: e.Fields, RetryAfter: e.RetryAfter, cause: e.cause}
}

// OfFields returns an error that names each bad place of a request. The first
// field's code becomes the error's; fields must not be empty.
func OfFields(fields ...Field) *Error {
	reason := fields[0].Detail
	if len(fields) > 1 {
		reason = fmt.Sprintf("%d fields are invalid", len(fields))
	}
	return &Error{Code: fields[0].Code, Reason: reason, Fields: fields}
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Code))
	b.WriteString(": ")
	b.WriteString(e.Reason)
	if len(e.Fields) > 1 {
		for _, f := range e.Fields {
			b.WriteString("; ")
			b.WriteString(f.Detail)
		}
	}
	if e.cause != nil {
		b.WriteString(": ")
		b.WriteString(e.cause.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Kind returns the kind of the error's code.
func (e *Error) Kind() Kind { return kinds[e.Code] }

// KindOf returns the kind of the first classified error in err's chain, Unknown
// when there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind()
	}
	return Unknown
}

// CodeOf returns the code of the first classified error in err's chain,
// Internal when there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// ReasonOf returns a reason that may be shown to anybody: that of the first
// classified error in err's chain, else a fixed sentence.
func ReasonOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return "an internal error occurred"
}

// HTTPStatus maps an error to the status of an HTTP answer. What nobody
// classified is 500; so is a permanent fault, which is never the caller's: it is
// of data that was accepted before.
func HTTPStatus(err error) int {
	switch CodeOf(err) {
	case MalformedJSON:
		return http.StatusBadRequest
	case PayloadTooLarge:
		return http.StatusRequestEntityTooLarge
	case UnsupportedMediaType:
		return http.StatusUnsupportedMediaType
	case MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case Unauthorized:
		return http.StatusUnauthorized
	case Forbidden:
		return http.StatusForbidden
	case RateLimited:
		return http.StatusTooManyRequests
	}
	switch KindOf(err) {
	case Invalid:
		return http.StatusUnprocessableEntity
	case Missing:
		return http.StatusNotFound
	case Conflict:
		return http.StatusConflict
	case Transient:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// Disposition is what becomes of a message.
type Disposition int

// The dispositions. The zero value is Retry: a message is only given up on
// purpose.
const (
	Retry       Disposition = iota // leave it on the queue
	Acknowledge                    // done: delete it
	DeadLetter                     // send it to the DLQ with its reason, then delete it
)

// DispositionOf maps the outcome of a message to what becomes of it. What nobody
// classified is retried: the DLQ takes it after the last receive.
func DispositionOf(err error) Disposition {
	if err == nil {
		return Acknowledge
	}
	switch KindOf(err) {
	case Invalid, Conflict, Permanent, Missing:
		return DeadLetter
	default:
		return Retry
	}
}
