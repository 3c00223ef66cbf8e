package rest

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/fluxa/fluxa/pkg/fault"
)

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
	p := Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fault.ReasonOf(err),
		Instance: path, Code: fault.CodeOf(err), CorrelationID: correlationID, Errors: FieldsOf(err),
	}
	if status == http.StatusInternalServerError {
		p.Detail, p.Code = "an internal error occurred", fault.Internal
	}
	body, marshalErr := json.Marshal(p)
	if marshalErr != nil { // a struct of strings always marshals
		panic(marshalErr)
	}
	return Response{Status: status, Body: body, Fields: fields}
}

// FieldsOf returns the bad fields that err names, empty when it names none.
func FieldsOf(err error) []fault.Field {
	if e, ok := errors.AsType[*fault.Error](err); ok && len(e.Fields) > 0 {
		return e.Fields
	}
	return []fault.Field{}
}
