package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

const (
	headerCorrelationID    = "X-Correlation-Id"
	maxCorrelationIDLength = 128
)

// problem is an error of the gateway itself, as RFC 9457 describes it. Errors is always
// empty: only functions look into a request.
type problem struct {
	Type          string   `json:"type"`
	Title         string   `json:"title"`
	Status        int      `json:"status"`
	Detail        string   `json:"detail"`
	Instance      string   `json:"instance"`
	Code          string   `json:"code,omitempty"`
	CorrelationID string   `json:"correlation_id"`
	Errors        []string `json:"errors"`
}

// problem answers with an error of the gateway. The detail is for the caller, and must
// not reveal what is behind the gateway.
func (x *exchange) problem(status int, detail string) {
	body, err := json.Marshal(problem{
		Type:          "about:blank",
		Title:         http.StatusText(status),
		Status:        status,
		Detail:        detail,
		Instance:      x.request.URL.EscapedPath(),
		Code:          x.gateway.cfg.Codes[status],
		CorrelationID: x.correlationID,
		Errors:        []string{},
	})
	if err != nil {
		panic(fmt.Sprintf("encoding a problem: %v", err)) // strings and a number always encode
	}
	header := x.Header()
	header.Set("Content-Type", "application/problem+json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set(headerCorrelationID, x.correlationID)
	header.Set(headerRequestID, x.requestID)
	header.Set(headerTraceID, x.traceID)
	x.WriteHeader(status)
	x.writeBody(body)
}

// correlationID is the caller's, if it is 1 to 128 printable ASCII characters, or else a
// new one, whose order is that of time.
func correlationID(r *http.Request) string {
	given := r.Header.Get(headerCorrelationID)
	if given != "" && len(given) <= maxCorrelationIDLength && !strings.ContainsFunc(given, isUnprintable) {
		return given
	}
	return uuid.Must(uuid.NewV7()).String() // fails only where the system has no randomness
}

func isUnprintable(r rune) bool {
	return r < ' ' || r > '~'
}
