package openapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Names of components.
const (
	parameterCorrelationID  = "CorrelationID"
	parameterIdempotencyKey = "IdempotencyKey"
	parameterEventID        = "EventID"
	parameterClient         = "Client"
	headerCorrelationID     = "CorrelationID"
	headerRetryAfter        = "RetryAfter"
	headerReprDigest        = "ReprDigest"
)

// answer is what a route answers when all is well.
type answer struct {
	status      int
	description string
	schema      string
}

func answers() map[string][]answer {
	return map[string][]answer{
		contract.RouteIngest: {{http.StatusAccepted, "The queue has the event durably.", "Accepted"}},
		contract.RouteIngestBatch: {
			{http.StatusAccepted, "The queue has every event durably.", "BatchResults"},
			{http.StatusMultiStatus, "Some events were not taken; each result says for itself.", "BatchResults"},
		},
		contract.RouteEvents:  {{http.StatusOK, "A page of the user's events by their timestamp, or, with status, of what is in it by when it was first seen: newest first.", "Page"}},
		contract.RouteEvent:   {{http.StatusOK, "The event, every digit and all metadata as they were sent.", "StoredEvent"}},
		contract.RoutePayload: {{http.StatusOK, "The exact bytes that were accepted.", "Event"}},
		contract.RouteStatus:  {{http.StatusOK, "How far the event's processing is.", "EventStatus"}},
		contract.RouteHealth:  {{http.StatusOK, "The API answers.", "Health"}},
	}
}

func requestBodies() map[string]object {
	return map[string]object{
		contract.RouteIngest: {{"schema", ref("schemas", "Event")}, {"example", exampleEvent(exampleID)}},
		contract.RouteIngestBatch: {
			{"schema", ref("schemas", "Batch")},
			{"example", object{{"events", []object{exampleEvent("order-1002"), exampleEvent("order-1003")}}}},
		},
	}
}

// The examples work one after the other: what the first one sends, the others read.
const (
	exampleID   = "order-1001"
	exampleUser = "user-1"
)

func exampleEvent(id string) object {
	return object{
		{"event_id", id}, {"user_id", exampleUser}, {"amount", jsontext.Value("99.99")}, {"currency", "EUR"}, {"merchant", "Corner shop"},
		{"timestamp", "2026-01-31T23:59:59Z"}, {"metadata", object{{"order", "A-1001"}}},
	}
}

// problemStatuses lists the errors of a route, in ascending order: first what a gateway
// answers for any route.
func problemStatuses(route contract.Route) []int {
	statuses := []int{
		http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}
	if route.KeyRequired {
		statuses = append(statuses, http.StatusUnauthorized, http.StatusUnprocessableEntity)
	}
	if route.Method == http.MethodPost {
		statuses = append(statuses, http.StatusUnsupportedMediaType)
	}
	if strings.Contains(route.Path, "{"+contract.PathEventID+"}") {
		statuses = append(statuses, http.StatusNotFound)
	}
	slices.Sort(statuses)
	return statuses
}

func problemDescriptions() map[int]string {
	return map[int]string{
		http.StatusBadRequest:            "The body is not JSON, or the request is not HTTP as the gateway understands it.",
		http.StatusUnauthorized:          "An API key is needed.",
		http.StatusForbidden:             "The API key opens nothing here, or the firewall refused the request.",
		http.StatusNotFound:              "There is no such event, or it has not reached the processor yet.",
		http.StatusRequestEntityTooLarge: fmt.Sprintf("The body is larger than %d bytes, or would be once quoted.", contract.BodyLimit),
		http.StatusUnsupportedMediaType:  "The body is not JSON in UTF-8, uncompressed or with gzip.",
		http.StatusUnprocessableEntity:   "Fields or parameters are invalid; errors names each of them.",
		http.StatusTooManyRequests:       "Too many requests; send it again later.",
		http.StatusInternalServerError:   "Something broke on our side.",
		http.StatusBadGateway:            "A function broke on our side. The request may have been accepted: send it again with the same id.",
		http.StatusGatewayTimeout:        "A function took too long. The request may have been accepted: send it again with the same id.",
		http.StatusServiceUnavailable:    "The queue, the storage or the database cannot be reached; send it again later.",
	}
}

// problems are the error responses that any route uses.
func problems() object {
	var used []int
	for _, route := range contract.Routes() {
		used = append(used, problemStatuses(route)...)
	}
	slices.Sort(used)
	var out object
	for _, status := range slices.Compact(used) {
		headers := object{{contract.HeaderCorrelationID, ref("headers", headerCorrelationID)}}
		if status == http.StatusTooManyRequests || status >= http.StatusInternalServerError {
			headers = append(headers, member{"Retry-After", ref("headers", headerRetryAfter)})
		}
		out = append(out, member{problemName(status), object{
			{"description", problemDescriptions()[status]},
			{"headers", headers},
			{"content", object{{contract.MediaProblem, object{{"schema", ref("schemas", "Problem")}}}}},
		}})
	}
	return out
}

func problemName(status int) string {
	return strings.ReplaceAll(http.StatusText(status), " ", "")
}

func parameter(name, in, description string, required bool, schema object) object {
	return object{{"name", name}, {"in", in}, {"description", description}, {"required", required}, {"schema", schema}}
}

func (o object) example(value string) object { return append(o, member{"example", value}) }

func sharedParameters() object {
	return object{
		{parameterCorrelationID, parameter(contract.HeaderCorrelationID, "header",
			fmt.Sprintf("Follows the event through every log line. One is made when it is absent, and when it is not 1 to %d characters of printable ASCII: that never rejects a request.", contract.CorrelationIDLimit),
			false, object{{"type", "string"}})},
		{parameterIdempotencyKey, parameter(contract.HeaderIdempotencyKey, "header",
			"Makes a retry safe: with it, an event without event_id gets an id derived from the key and the caller, the same every time. In a batch also from the event's exact bytes and how many equal ones come before it, so that any part of the batch may be sent again, in any order.",
			false, object{{"type", "string"}, {"maxLength", contract.IdempotencyLimit}, {"pattern", printableASCII}})},
		{parameterEventID, parameter(contract.PathEventID, "path", "The event's id.", true, property(contract.PathEventID)).example(exampleID)},
		{parameterClient, parameter(contract.QueryClient, "query",
			"Whose events, for a client that reads all of them: a client's name, or nothing for those that were sent while the stage had no clients. Default: the caller's own.",
			false, object{{"type", "string"}, {"maxLength", contract.ClientLimit}, {"pattern", "^(" + contract.ClientPattern + ")?$"}})},
	}
}

const printableASCII = "^[ -~]*$"

func listParameters() []object {
	return []object{
		parameter(contract.QueryUserID, "query", "Whose events. Required, but with status, with which it cannot be given.", false, property("user_id")).example(exampleUser),
		parameter(contract.QueryStatus, "query", "List what failed or is under way, in place of a user's events.", false,
			object{{"type", "string"}, {"enum", []string{contract.StatusFailed, contract.StatusProcessing}}}),
		parameter(contract.QueryFrom, "query", "The earliest time, itself included.", false, dateTime()),
		parameter(contract.QueryTo, "query", "The latest time, itself left out.", false, dateTime()),
		parameter(contract.QueryLimit, "query", "The most events of a page. Of very large ones, fewer come.", false,
			object{{"type", "integer"}, {"minimum", 1}, {"maximum", contract.PageLimit}, {"default", contract.PageDefault}}),
		parameter(contract.QueryCursor, "query", "next_cursor of the page before.", false, object{{"type", "string"}}),
	}
}

func responseHeaders() object {
	return object{
		{headerCorrelationID, object{
			{"description", "The request's correlation id, or the one made for it."}, {"required", true},
			{"schema", object{{"type", "string"}}},
		}},
		{headerReprDigest, object{
			{"description", "The SHA-256 of the bytes, as RFC 9530 has it."}, {"required", true},
			{"schema", object{{"type", "string"}, {"pattern", "^sha-256=:[A-Za-z0-9+/]{43}=:$"}}},
		}},
		{headerRetryAfter, object{
			{"description", "How many seconds to wait."},
			{"schema", object{{"type", "integer"}, {"minimum", 0}}},
		}},
	}
}
