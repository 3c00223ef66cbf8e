// Package contract holds what the handlers, the infrastructure and the tests
// must agree on: routes, header names, limits, time-outs, metric names and the
// JSON Schema of an event. Each is stated here once, as data, and imported by
// everyone else, so that the two sides of a boundary cannot drift apart.
package contract

import "time"

// Sizes, in bytes. The sources are the public quotas of Amazon SQS, AWS Lambda
// and Amazon API Gateway as of November 2026.
const (
	// InlineLimit is the largest payload that travels inside the queue
	// message. One byte more goes to S3.
	InlineLimit = 262_144

	// QueueMessageLimit is the largest SQS message: body and attributes
	// together. The same number bounds the sum of one SendMessageBatch.
	QueueMessageLimit = 1_048_576

	// QueueMessageReserve is what the sender leaves free under
	// QueueMessageLimit for the message's attributes.
	QueueMessageReserve = 8_192

	// PublishLimit is the most bytes that SNS takes in one call: messages and
	// attributes of all its entries together.
	PublishLimit = 262_144

	// BodyLimit is the largest request body, of one event or of a batch.
	BodyLimit = 5 * 1024 * 1024

	// InvocationLimit is the largest synchronous Lambda request or response.
	InvocationLimit = 6 * 1024 * 1024

	// InvocationReserve is what a response needs beside the event's own
	// payload: the other fields, the headers, the envelope. A payload that
	// would not fit into InvocationLimit together with it is refused at the
	// door, so that whatever was accepted can also be read back.
	InvocationReserve = 16_384
)

// ProcessorMemory is the least memory of the processor, in MiB. Any batch runs in it,
// of whatever number and sizes: four payloads are decoded at once, and what is kept of
// an event does not grow with its payload. Tests of the processor run the largest.
const ProcessorMemory = 512

// Counts and lengths. Lengths of text are in Unicode characters.
const (
	BatchLimit         = 500
	QueueBatchLimit    = 10_000 // of one invocation of the processor
	CallEntries        = 10     // of one batch call of SQS or SNS
	EventIDLimit       = 128
	ClientLimit        = 32 // of a client's name
	UserIDLimit        = 256
	MerchantLimit      = 512
	CorrelationIDLimit = 128
	IdempotencyLimit   = 255
	CurrencyLength     = 3
	TimestampLimit     = 64 // more than any RFC 3339 time needs

	// AmountIntegerDigits and AmountDecimals are the shape of an amount:
	// what NUMERIC(19,4) holds without loss.
	AmountIntegerDigits = 15
	AmountDecimals      = 4

	// MetadataDepth bounds the nesting of metadata. PostgreSQL's jsonb parser
	// is recursive and bounded by its stack, so a limit of our own answers
	// first, with a clear error.
	MetadataDepth = 100

	// MetadataNumberDigits bounds one number of the metadata, and
	// MetadataExpansion what all of them gain, when written without exponent.
	// jsonb writes them so on the way out: without a bound the five bytes of
	// 1e999 would come back as a thousand, and a message's worth of them as
	// more than an answer holds.
	MetadataNumberDigits = 1_000
	MetadataExpansion    = InlineLimit

	// PageDefault and PageLimit bound one page of GET /events.
	PageDefault = 50
	PageLimit   = 200
)

// FutureSkew is how far in the future an event's timestamp may lie when it is
// accepted.
const FutureSkew = 5 * time.Minute

// Queue settings that the processor's promises rest on.
const (
	// MaxReceives is how often a message is delivered before SQS moves it to the
	// DLQ: as often as SQS can count. What is permanent the processor moves there
	// itself, at once, so this ends only what fails for half a day.
	MaxReceives = 1000

	// VisibilityFactor times the processor's time-out (plus the batching
	// window) is the queue's visibility time-out.
	VisibilityFactor = 6

	// EventsRetention is how long the events queue keeps a message that nobody
	// processes, DLQRetention how long the DLQ does: as long as SQS can. A message
	// that SQS moves brings its age along, so the second must be the longer one.
	EventsRetention = 4 * 24 * time.Hour
	DLQRetention    = 14 * 24 * time.Hour

	// KeysOutliveEvents is how long the key of an event id stays after its event: longer
	// than any message of the event can still come. A message stays in the events queue
	// and then in the DLQ for their retentions, and once more in both when an operator
	// sends it back.
	KeysOutliveEvents = 2 * (EventsRetention + DLQRetention)

	// BatchSize is how many messages the processor takes at once by default.
	BatchSize = 10

	// ProcessorTimeout is the processor's function time-out by default.
	ProcessorTimeout = 30 * time.Second

	// HandlerTimeout is the time-out of the HTTP functions by default. It
	// stays below API Gateway's 29 seconds.
	HandlerTimeout = 15 * time.Second

	// RequestLimit is longer than a request can last: no stage gives an HTTP function as
	// much, which cdk/stage sees to.
	RequestLimit = 30 * time.Second

	// MigrateTimeout is the time-out of the migrate function by default, and
	// MaintainTimeout that of the maintain function.
	MigrateTimeout  = 5 * time.Minute
	MaintainTimeout = 5 * time.Minute

	// VerifyTimeout is the time-out of the verify function, which asks a version up to
	// three times.
	VerifyTimeout = 5 * time.Minute

	// MaintainEvery is how often the maintain function runs in the local stack; a stage
	// has a setting. It makes partitions for days ahead, so that many runs in a row may
	// fail before one is missing.
	MaintainEvery = time.Hour

	// PartitionDaysAhead is how many days after today have a partition: as long may the
	// runs of the maintain function fail before an event goes to the default partition.
	PartitionDaysAhead = 7

	// SchemaVersion is the version of the queue message, sent as the string
	// attribute AttrSchemaVersion.
	SchemaVersion = "1"

	// ObjectPrefix is where payload objects live in the bucket.
	ObjectPrefix = "raw/"
)

// String attributes of a queue message.
const (
	AttrClient        = "client"
	AttrEventID       = "event_id"
	AttrCorrelationID = "correlation_id"
	AttrSchemaVersion = "schema_version"
	AttrErrorCode     = "error_code"
	AttrErrorReason   = "error_reason"
)

// HTTP header names. They match in any case.
const (
	HeaderCorrelationID  = "X-Correlation-ID"
	HeaderIdempotencyKey = "Idempotency-Key"
	HeaderAPIKey         = "X-Api-Key"
	HeaderReprDigest     = "Repr-Digest" // RFC 9530
)

// RDSCAFile is where Lambda unpacks the certificates of Amazon RDS out of the
// package of a function that has a database. It is the value of DB_CA_FILE when
// the function speaks to the instance itself; RDS Proxy has public certificates,
// which the system knows, and needs none.
const RDSCAFile = "/var/task/rds-ca.pem"
