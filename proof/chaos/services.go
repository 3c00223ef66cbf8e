package chaos

import (
	"context"
	"net/http"
	"time"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/proof/inject"
	"github.com/fluxa/fluxa/proof/rig"
)

// Of the AWS services. Codes are theirs: S3's "List of error codes"
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html), SQS's "Common
// errors" (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html),
// SNS's (https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html).
const (
	send     = "SendMessage"
	sendMany = "SendMessageBatch"
	postpone = "ChangeMessageVisibilityBatch"
	publish  = "PublishBatch"
	queue    = "fluxa-events-"
	letters  = "fluxa-dlq-"
)

func serviceFaults() []Scenario {
	away := broken("sqs-away", "SQS cannot be reached by ingest", "503, and nothing of what was refused is stored; the rest is stored",
		15*time.Second, sending(queue, inject.Fault{Effect: inject.Away}))
	away.Short, away.Refusing = true, true
	return []Scenario{
		broken("s3-errors", "S3 answers 500 to every call", "large events are refused with 503, or wait for their payload", 20*time.Second,
			inject.Fault{Service: endpoint.S3, Effect: inject.Refuse, Status: http.StatusInternalServerError, Code: "InternalError"}),
		broken("s3-slow", "S3 is late by 3 s", "large events take longer", 20*time.Second,
			inject.Fault{Service: endpoint.S3, Effect: inject.Delay, Delay: 3 * time.Second}),
		broken("s3-forbidden", "S3 forbids reading", "large events wait: a grant that is missing comes back", 20*time.Second,
			inject.Fault{Service: endpoint.S3, Operations: []string{http.MethodGet}, Effect: inject.Refuse, Status: http.StatusForbidden, Code: "AccessDenied"}),
		broken("sqs-throttled", "SQS throttles every call of ingest, of the processor and of the event source mapping", "503 or 429; what was accepted is stored", 15*time.Second,
			inject.Fault{Service: endpoint.SQS, Effect: inject.Refuse, Status: http.StatusBadRequest, Code: "RequestThrottled"}),
		away,
		broken("sqs-answers-lost", "SQS takes what ingest sends, and its answers are lost", "stored once, whatever the clients were told", 10*time.Second,
			sending(queue, inject.Fault{Effect: inject.LoseAnswer})),
		broken("sns-fails-some", "SNS takes every second notification of a batch", "the others are published later", 20*time.Second,
			inject.Fault{Service: endpoint.SNS, Operations: []string{publish}, Effect: inject.FailSome}),
		broken("sns-away", "SNS answers 500 to every call", "stored meanwhile, published afterwards", 20*time.Second,
			inject.Fault{Service: endpoint.SNS, Effect: inject.Refuse, Status: http.StatusInternalServerError, Code: "InternalError"}),
		broken("dlq-away", "nothing can be sent to the DLQ", "poison waits, and everything else is stored", 15*time.Second,
			sending(letters, inject.Fault{Effect: inject.Away})),
		broken("every-message-three-times", "SQS delivers each message three times, the copies up to 3 s late and out of order", "stored once",
			20*time.Second, sending(queue, inject.Fault{Effect: inject.Copies})),
		broken("clock-ahead", "the clock of ingest is an hour ahead of the processor's (received_at of the messages is moved)", "stored as ever", 20*time.Second,
			inject.Fault{Service: endpoint.SQS, Operations: []string{"ReceiveMessage"}, Effect: inject.Shift, Delay: time.Hour}),
		broken("clock-behind", "the clock of ingest is an hour behind the processor's (received_at of the messages is moved)", "stored as ever", 20*time.Second,
			inject.Fault{Service: endpoint.SQS, Operations: []string{"ReceiveMessage"}, Effect: inject.Shift, Delay: -time.Hour}),
	}
}

// payloadFaults are those of objects that do not come back. They stay until everything is
// in the DLQ or stored, and meet only what is sent for them.
func payloadFaults() []Scenario {
	of := func(name, about string, code fault.Code, f inject.Fault) Scenario {
		prefix := name + "-"
		f.Service, f.Target = endpoint.S3, prefix
		return Scenario{
			Name: name, Fault: about, Expected: "in the DLQ as " + string(code) + ", at once; everything else is stored", For: 20 * time.Second,
			Meanwhile: func(m *rig.Mix) { m.Large, m.LargePrefix, m.LargeCode = 0.1, prefix, code },
			Break: func(ctx context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
				return func(ctx context.Context) error { return awaitMet(ctx, r, []inject.Fault{f}) }, r.Stack.Inject(ctx, f)
			},
		}
	}
	return []Scenario{
		of("s3-object-missing", "S3 takes the objects of a tenth of the events, and has lost them when they are read", fault.PayloadMissing,
			inject.Fault{Operations: []string{http.MethodPut}, Effect: inject.Forget}),
		of("s3-object-corrupted", "one byte of the objects of a tenth of the events is another when they are read", fault.HashMismatch,
			inject.Fault{Operations: []string{http.MethodGet}, Effect: inject.Corrupt}),
	}
}
