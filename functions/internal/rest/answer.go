package rest

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// retryAfter is what a caller is asked to wait when the fault itself does not say.
const retryAfter = 5 * time.Second

// Problem is a problem document (RFC 9457). Errors is never null, so that a
// client can range over it.
type Problem struct {
	Type          string        `json:"type"`
	Title         string        `json:"title"`
	Status        int           `json:"status"`
	Detail        string        `json:"detail"`
	Instance      string        `json:"instance"`
	Code          fault.Code    `json:"code"`
	CorrelationID string        `json:"correlation_id"`
	Errors        []fault.Field `json:"errors"`
}

func problem(err error, path, correlationID string, fields []slog.Attr) Response {
	status := fault.HTTPStatus(err)
	shown := ErrorOf(err)
	body, marshalErr := json.Marshal(Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: shown.Detail,
		Instance: escaped(path), Code: shown.Code, CorrelationID: correlationID, Errors: shown.Errors,
	})
	if marshalErr != nil { // a struct of strings always marshals
		panic(marshalErr)
	}
	return Response{Status: status, Body: body, Fields: fields}
}

// escaped makes a path a URI reference, whether its percent-encoding is undone or not:
// which of the two API Gateway hands over is not confirmed.
func escaped(path string) string {
	u := url.URL{Path: path}
	if decoded, err := url.PathUnescape(path); err == nil {
		u = url.URL{Path: decoded, RawPath: path}
	}
	return u.EscapedPath()
}

// Error is what a caller learns of a fault. Errors names the bad fields; it is
// never null.
type Error struct {
	Code   fault.Code    `json:"code"`
	Detail string        `json:"detail"`
	Errors []fault.Field `json:"errors"`
}

// ErrorOf returns what a caller may know of err: of what is a 500, nothing but
// that.
func ErrorOf(err error) Error {
	shown := Error{Code: fault.CodeOf(err), Detail: fault.ReasonOf(err), Errors: []fault.Field{}}
	if fault.HTTPStatus(err) == http.StatusInternalServerError {
		shown.Code, shown.Detail = fault.Internal, "an internal error occurred"
		return shown
	}
	if e, ok := errors.AsType[*fault.Error](err); ok && len(e.Fields) > 0 {
		shown.Errors = e.Fields
	}
	return shown
}

func proxyResponse(r Response, correlationID string) events.APIGatewayProxyResponse {
	headers := map[string]string{"Content-Type": contract.MediaJSON, contract.HeaderCorrelationID: correlationID}
	maps.Copy(headers, r.Headers)
	return events.APIGatewayProxyResponse{StatusCode: r.Status, Body: string(r.Body), Headers: headers}
}

// refuse adds the headers that go with an error's status.
func (a *API) refuse(headers map[string]string, resource string, status int, err error) {
	switch status {
	case http.StatusMethodNotAllowed:
		headers["Allow"] = allowed(resource)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		wait := retryAfter
		if e, ok := errors.AsType[*fault.Error](err); ok && e.RetryAfter > 0 {
			wait = e.RetryAfter
		}
		headers["Retry-After"] = strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)
	}
}

// allowed lists the methods of a path as Allow has them (RFC 9110, 10.2.1), "" for
// a path that has none.
func allowed(resource string) string {
	var methods []string
	for _, r := range contract.Routes() {
		if r.Path == resource {
			methods = append(methods, r.Method)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}
