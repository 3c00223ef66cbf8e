package deadletters

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

// Letter is a message of the dead-letter queue. ErrorCode and ErrorReason are
// empty for one that SQS itself moved there after the last receive.
type Letter struct {
	MessageID     string    `json:"message_id"`
	Client        string    `json:"client,omitempty"`
	EventID       string    `json:"event_id,omitempty"`
	CorrelationID string    `json:"correlation_id,omitempty"`
	ErrorCode     string    `json:"error_code,omitempty"`
	ErrorReason   string    `json:"error_reason,omitempty"`
	SentAt        time.Time `json:"sent_at"`
	// Receives counts how often it was received, by the processor before SQS
	// moved it, too.
	Receives int    `json:"receives"`
	Body     string `json:"body"`
	// Attributes are the text of its message attributes.
	Attributes map[string]string `json:"attributes"`
	// BinaryAttributes are those that are not text.
	BinaryAttributes map[string][]byte `json:"binary_attributes,omitempty"`

	attributes  map[string]types.MessageAttributeValue
	traceHeader string
	receipt     string
	// kept is set for a message that was sent back: it is deleted, or stays hidden
	// until its time-out ends. Others are given back when the scan ends.
	kept bool
}

func letterOf(m types.Message) Letter {
	l := Letter{
		MessageID: aws.ToString(m.MessageId), Body: aws.ToString(m.Body), receipt: aws.ToString(m.ReceiptHandle),
		Attributes: map[string]string{}, attributes: m.MessageAttributes,
		traceHeader: m.Attributes[string(types.MessageSystemAttributeNameAWSTraceHeader)],
	}
	for name, value := range m.MessageAttributes {
		if value.BinaryValue == nil {
			l.Attributes[name] = aws.ToString(value.StringValue)
			continue
		}
		if l.BinaryAttributes == nil {
			l.BinaryAttributes = map[string][]byte{}
		}
		l.BinaryAttributes[name] = value.BinaryValue
	}
	l.Client = l.Attributes[contract.AttrClient]
	l.EventID = l.Attributes[contract.AttrEventID]
	l.CorrelationID = l.Attributes[contract.AttrCorrelationID]
	l.ErrorCode = l.Attributes[contract.AttrErrorCode]
	l.ErrorReason = l.Attributes[contract.AttrErrorReason]
	// An error means that the body is not an envelope, and so names no event.
	envelope, err := event.DecodeEnvelope(l.Body)
	if l.EventID == "" && (err == nil || event.ValidID(envelope.EventID)) {
		l.EventID = envelope.EventID
	}
	if l.Client == "" && err == nil {
		l.Client = envelope.Client
	}
	if l.CorrelationID == "" && err == nil {
		l.CorrelationID = envelope.CorrelationID
	}
	l.SentAt = millis(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)])
	if n, err := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)]); err == nil {
		l.Receives = n
	}
	return l
}

func millis(text string) time.Time {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{} // SQS always sends it; a zero time shows as no age
	}
	return time.UnixMilli(n).UTC()
}

// is reports whether id names the letter: its message id or its event's.
func (l Letter) is(id string) bool { return id != "" && (l.MessageID == id || l.EventID == id) }

// serverTime returns the clock of the server that answered, to the second, else
// the fallback.
func serverTime(metadata middleware.Metadata, fallback time.Time) time.Time {
	if at, ok := awsmiddleware.GetServerTime(metadata); ok && !at.IsZero() {
		return at
	}
	return fallback
}
