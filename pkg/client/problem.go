package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Problem is an answer that is not a success: a problem document (RFC 9457), or
// as much of one as another body holds, such as API Gateway's own.
type Problem struct {
	Status        int           `json:"status"`
	Title         string        `json:"title"`
	Detail        string        `json:"detail"`
	Code          fault.Code    `json:"code"`
	CorrelationID string        `json:"correlation_id"`
	Errors        []fault.Field `json:"errors"`
	// RetryAfter is how long the server asks to wait; zero when it does not say.
	RetryAfter time.Duration `json:"-"`
	// KeySent says that the request had an API key.
	KeySent bool `json:"-"`
}

// Error returns the problem in one line.
func (p *Problem) Error() string {
	text := fmt.Sprintf("the API answered %d %s", p.Status, p.Title)
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	return text
}

// Reason returns the problem's code, or where it has none a word for its status.
func (p *Problem) Reason() fault.Code {
	if p.Code != "" {
		return p.Code
	}
	return fault.Code("http_" + strconv.Itoa(p.Status))
}

// UnreachableError says that a try had no answer: no connection, a connection
// that broke, or no answer in time. The request may have been taken all the same.
type UnreachableError struct {
	Endpoint string
	Err      error
}

// Error returns what failed, in one line.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("cannot reach %s: %v", e.Endpoint, e.Err)
}

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// RejectedError says why one event of a batch was not accepted. With Status
// contract.StatusRefused it never will be; with StatusNotTaken it may be later.
type RejectedError struct {
	Status string
	ResultError
}

// Error returns the reason in one line.
func (e *RejectedError) Error() string {
	return fmt.Sprintf("the event was %s: %s: %s", e.Status, e.Code, e.Detail)
}

// Unreachable is the reason of a request that had no answer.
const Unreachable fault.Code = "unreachable"

// Reason returns the code under which to count a request or an event that failed:
// the problem's, the event's, or Unreachable when there was no answer.
func Reason(err error) fault.Code {
	if problem, ok := errors.AsType[*Problem](err); ok {
		return problem.Reason()
	}
	if rejected, ok := errors.AsType[*RejectedError](err); ok {
		return rejected.Code
	}
	if _, ok := errors.AsType[*UnreachableError](err); ok || errors.Is(err, context.Canceled) {
		return Unreachable
	}
	return fault.Internal
}

// Transient reports whether the same request may succeed later: there was no
// answer, or one that says so.
func Transient(err error) bool {
	if _, ok := errors.AsType[*UnreachableError](err); ok {
		return true
	}
	if rejected, ok := errors.AsType[*RejectedError](err); ok {
		return rejected.Status == contract.StatusNotTaken
	}
	problem, ok := errors.AsType[*Problem](err)
	if !ok {
		return false
	}
	switch problem.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// OfContent reports whether the API refused a request for what is in it, and will
// refuse it again.
func OfContent(err error) bool {
	problem, ok := errors.AsType[*Problem](err)
	if !ok {
		return false
	}
	switch problem.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// IsNotFound reports whether the API answered 404.
func IsNotFound(err error) bool {
	problem, ok := errors.AsType[*Problem](err)
	return ok && problem.Status == http.StatusNotFound
}

// problemOf reads an answer that is not a success.
func problemOf(response *http.Response, body []byte) *Problem {
	p := &Problem{}
	var other struct {
		Message string `json:"message"` // API Gateway's own errors
	}
	switch {
	case json.Unmarshal(body, p) == nil && p.Title != "":
	case json.Unmarshal(body, &other) == nil && other.Message != "":
		*p = Problem{Detail: other.Message}
	default:
		*p = Problem{Detail: excerpt(body)}
	}
	p.Status = response.StatusCode
	p.KeySent = response.Request.Header.Get(contract.HeaderAPIKey) != ""
	if p.Title == "" {
		p.Title = http.StatusText(p.Status)
	}
	if p.CorrelationID == "" {
		p.CorrelationID = response.Header.Get(contract.HeaderCorrelationID)
	}
	p.RetryAfter = retryAfter(response.Header.Get("Retry-After"), time.Now())
	return p
}

// excerpt returns the beginning of a body that is no document, in one line.
func excerpt(body []byte) string {
	const limit = 200
	text := strings.Join(strings.Fields(string(body)), " ")
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}

// retryAfter reads the header, which is a number of seconds or a date.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), 1<<30)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
