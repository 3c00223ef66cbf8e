package contract

import (
	"fmt"
	"net/http"
)

// Function names a Lambda of the platform.
type Function string

// The functions. A deployed one is called fluxa-<name>-<stage>.
const (
	FunctionIngest    Function = "ingest"
	FunctionProcessor Function = "processor"
	FunctionQuery     Function = "query"
	FunctionMigrate   Function = "migrate"
	FunctionMaintain  Function = "maintain"

	// FunctionVerify is not of the platform: it judges new versions of other functions,
	// and is deployed where releases are canaries.
	FunctionVerify Function = "verify"
	// FunctionAuthorize is deployed where callers of the API bring tokens.
	FunctionAuthorize Function = "authorize"
)

// Functions lists every function that the platform runs, wherever it does. The caller
// gets a copy.
func Functions() []Function {
	return []Function{FunctionIngest, FunctionProcessor, FunctionQuery, FunctionMigrate, FunctionMaintain}
}

// Packaged lists every function that is built for a deployment: Functions, and those
// that only some stages have. The caller gets a copy.
func Packaged() []Function { return append(Functions(), FunctionVerify, FunctionAuthorize) }

// Route is one operation of the HTTP API. Path is in API Gateway's notation,
// which is OpenAPI's and that of Go's ServeMux too.
type Route struct {
	ID       string // the OpenAPI operationId
	Method   string
	Path     string
	Function Function
	Summary  string
	// KeyRequired says that on AWS the caller needs an API key (or IAM).
	KeyRequired bool
}

// The operation ids of Routes.
const (
	RouteIngest      = "ingestEvent"
	RouteIngestBatch = "ingestBatch"
	RouteEvent       = "getEvent"
	RoutePayload     = "getEventPayload"
	RouteStatus      = "getEventStatus"
	RouteEvents      = "listEvents"
	RouteHealth      = "health"
)

// PathEventID is the name of the path parameter in Routes.
const PathEventID = "event_id"

// QueryClient is the name of the query parameter by which a client that reads all events
// says whose it wants, in all routes that read events.
const QueryClient = "client"

// Names of the query parameters of RouteEvents.
const (
	QueryUserID = "user_id"
	QueryStatus = "status"
	QueryFrom   = "from"
	QueryTo     = "to"
	QueryLimit  = "limit"
	QueryCursor = "cursor"
)

// Media types of bodies.
const (
	MediaJSON    = "application/json"
	MediaProblem = "application/problem+json" // RFC 9457
)

// Words that answers are made of. The first three are the status of an event
// that was sent, the next three that of its processing.
const (
	StatusEnqueued = "enqueued" // the queue has it durably
	StatusRefused  = "refused"  // the caller must change it
	StatusNotTaken = "failed"   // the caller may send it again as it is

	StatusProcessing = "processing" // under way, or to be tried again
	StatusProcessed  = "processed"
	StatusFailed     = "failed" // given up, see the DLQ

	StatusHealthy = "healthy"

	ModeInline = "INLINE"
	ModeS3     = "S3"
)

// Routes is the whole HTTP API. The handlers, the local gateway, the API of the
// CDK app and the OpenAPI document are made from this one list. The caller gets
// a copy.
func Routes() []Route {
	return []Route{
		{RouteIngest, http.MethodPost, "/events", FunctionIngest, "Accept one event", true},
		{RouteIngestBatch, http.MethodPost, "/events/batch", FunctionIngest, fmt.Sprintf("Accept 1 to %d events", BatchLimit), true},
		{RouteEvents, http.MethodGet, "/events", FunctionQuery, "List a user's events, or what failed or is under way, newest first", true},
		{RouteEvent, http.MethodGet, "/events/{event_id}", FunctionQuery, "Read one event", true},
		{RoutePayload, http.MethodGet, "/events/{event_id}/payload", FunctionQuery, "Read the payload of one event, byte for byte", true},
		{RouteStatus, http.MethodGet, "/events/{event_id}/status", FunctionQuery, "Read the processing status of one event", true},
		{RouteHealth, http.MethodGet, "/health", FunctionQuery, "Tell that the API answers", false},
	}
}
