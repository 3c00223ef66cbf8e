package sns

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
)

// apiError is an error of the query protocol. The SDK makes its typed errors
// from the code.
type apiError struct {
	code    string
	status  int
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func (e *apiError) senderFault() bool { return e.status < http.StatusInternalServerError }

func newError(status int, code, format string, args ...any) *apiError {
	return &apiError{code: code, status: status, message: fmt.Sprintf(format, args...)}
}

func invalidParameter(format string, args ...any) *apiError {
	return newError(400, "InvalidParameter", "Invalid parameter: "+format, args...)
}

func topicNotFound() *apiError { return newError(404, "NotFound", "Topic does not exist") }

func internalError() *apiError {
	return newError(500, "InternalError", "A subscribed queue could not take the message; the log of the emulator says why.")
}

func asAPIError(err error) *apiError {
	var api *apiError
	if errors.As(err, &api) {
		return api
	}
	return internalError()
}

type errorDocument struct {
	XMLName   xml.Name `xml:"http://sns.amazonaws.com/doc/2010-03-31/ ErrorResponse"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

func (e *apiError) document(requestID string) errorDocument {
	kind := "Sender"
	if !e.senderFault() {
		kind = "Receiver"
	}
	return errorDocument{Type: kind, Code: e.code, Message: e.message, RequestID: requestID}
}
