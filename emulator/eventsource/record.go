package eventsource

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/emulator/internal/wire"
)

// maxPayloadBytes is the limit of AWS for the payload of an invocation: 6 MiB.
const maxPayloadBytes = 6 << 20

const traceAttribute = string(types.MessageSystemAttributeNameAWSTraceHeader)

// message is a received message together with what it adds to an invocation.
type message struct {
	id            string
	receiptHandle string
	trace         string
	visibleAgain  time.Time
	record        json.RawMessage
}

// record is one element of Records as AWS sends it: the members in AWS's order, and the
// two lists of an attribute always there and always empty.
type record struct {
	MessageID              string                     `json:"messageId"`
	ReceiptHandle          string                     `json:"receiptHandle"`
	Body                   string                     `json:"body"`
	Attributes             map[string]string          `json:"attributes"`
	MessageAttributes      map[string]recordAttribute `json:"messageAttributes"`
	MD5OfMessageAttributes string                     `json:"md5OfMessageAttributes,omitempty"`
	MD5OfBody              string                     `json:"md5OfBody"`
	EventSource            string                     `json:"eventSource"`
	EventSourceARN         string                     `json:"eventSourceARN"`
	AWSRegion              string                     `json:"awsRegion"`
}

type recordAttribute struct {
	StringValue      *string  `json:"stringValue,omitempty"`
	BinaryValue      []byte   `json:"binaryValue,omitempty"`
	StringListValues []string `json:"stringListValues"`
	BinaryListValues [][]byte `json:"binaryListValues"`
	DataType         string   `json:"dataType"`
}

func newMessage(received types.Message, queueARN string, visibleAgain time.Time) (message, error) {
	attributes := received.Attributes
	if attributes == nil {
		attributes = map[string]string{}
	}
	messageAttributes := make(map[string]recordAttribute, len(received.MessageAttributes))
	for name, value := range received.MessageAttributes {
		messageAttributes[name] = recordAttribute{
			StringValue:      value.StringValue,
			BinaryValue:      value.BinaryValue,
			StringListValues: []string{},
			BinaryListValues: [][]byte{},
			DataType:         aws.ToString(value.DataType),
		}
	}
	encoded, err := wire.JSON(record{
		MessageID:              aws.ToString(received.MessageId),
		ReceiptHandle:          aws.ToString(received.ReceiptHandle),
		Body:                   aws.ToString(received.Body),
		Attributes:             attributes,
		MessageAttributes:      messageAttributes,
		MD5OfMessageAttributes: aws.ToString(received.MD5OfMessageAttributes),
		MD5OfBody:              aws.ToString(received.MD5OfBody),
		EventSource:            "aws:sqs",
		EventSourceARN:         queueARN,
		AWSRegion:              regionOf(queueARN),
	})
	if err != nil {
		return message{}, fmt.Errorf("encoding message %s: %w", aws.ToString(received.MessageId), err)
	}
	return message{
		id:            aws.ToString(received.MessageId),
		receiptHandle: aws.ToString(received.ReceiptHandle),
		trace:         attributes[traceAttribute],
		visibleAgain:  visibleAgain,
		record:        encoded,
	}, nil
}

// payload is the event of an invocation. Its length is what payloadSize says.
func payload(batch []message) ([]byte, error) {
	records := make([]json.RawMessage, len(batch))
	for i, m := range batch {
		records[i] = m.record
	}
	return wire.JSON(struct {
		Records []json.RawMessage `json:"Records"`
	}{records})
}

func payloadSize(batch []message) int {
	size := len(`{"Records":[]}`)
	for i, m := range batch {
		size += len(m.record)
		if i > 0 {
			size += len(`,`)
		}
	}
	return size
}

// traceOf is the trace that an invocation belongs to: that of its messages when they
// agree, and otherwise none, which lets Lambda begin a new one.
func traceOf(batch []message) string {
	trace := ""
	for _, m := range batch {
		switch m.trace {
		case "", trace:
		default:
			if trace != "" {
				return ""
			}
			trace = m.trace
		}
	}
	return trace
}

func regionOf(queueARN string) string {
	parts := strings.Split(queueARN, ":")
	if len(parts) < 6 {
		return ""
	}
	return parts[3]
}
