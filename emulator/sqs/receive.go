package sqs

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluxa/fluxa/emulator/sqs/internal/broker"
)

const maxReceived = 10

type receiveIn struct {
	QueueURL                    string `json:"QueueUrl"`
	AttributeNames              []string
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
}

type receiveOut struct {
	Messages []wireReceived `json:",omitempty"`
}

type wireReceived struct {
	MessageID         string `json:"MessageId"`
	ReceiptHandle     string
	MD5OfBody         string
	Body              string
	Attributes        map[string]string        `json:",omitempty"`
	MD5OfAttributes   string                   `json:"MD5OfMessageAttributes,omitempty"`
	MessageAttributes map[string]wireAttribute `json:",omitempty"`
}

func (s *Server) receiveMessage(r *http.Request, in receiveIn) (receiveOut, error) {
	name, err := queueOfURL(in.QueueURL)
	if err != nil {
		return receiveOut{}, err
	}
	system := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	for _, name := range system {
		if !knownSystemAttribute(name) {
			return receiveOut{}, invalidAttributeName(name)
		}
	}
	options, err := in.options()
	if err != nil {
		return receiveOut{}, err
	}
	received, err := s.broker.Receive(r.Context(), name, options)
	if err != nil {
		return receiveOut{}, err
	}
	out := receiveOut{Messages: make([]wireReceived, len(received))}
	for i, m := range received {
		out.Messages[i] = wire(m, system, in.MessageAttributeNames)
	}
	return out, nil
}

func (in receiveIn) options() (broker.ReceiveOptions, error) {
	o := broker.ReceiveOptions{Max: 1}
	if n := in.MaxNumberOfMessages; n != nil {
		if *n < 1 || *n > maxReceived {
			return o, parameterOutOfRange("MaxNumberOfMessages", *n, "Must be between 1 and 10, if provided.")
		}
		o.Max = *n
	}
	if n := in.VisibilityTimeout; n != nil {
		if *n < 0 || *n > maxVisibilitySeconds {
			return o, parameterOutOfRange(attrVisibility, *n, "Must be >= 0 and <= 43200, if provided.")
		}
		timeout := time.Duration(*n) * time.Second
		o.Visibility = &timeout
	}
	if n := in.WaitTimeSeconds; n != nil {
		if *n < 0 || *n > maxWaitSeconds {
			return o, parameterOutOfRange("WaitTimeSeconds", *n, "Must be >= 0 and <= 20, if provided.")
		}
		wait := time.Duration(*n) * time.Second
		o.Wait = &wait
	}
	return o, nil
}

func knownSystemAttribute(name string) bool {
	switch name {
	case "All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp",
		"SequenceNumber", "MessageDeduplicationId", "MessageGroupId", traceHeader, "DeadLetterQueueSourceArn":
		return true
	}
	return false
}

func wire(m broker.Received, system, names []string) wireReceived {
	w := wireReceived{
		MessageID:     m.ID,
		ReceiptHandle: m.ReceiptHandle,
		MD5OfBody:     md5Hex(m.Body),
		Body:          m.Body,
		Attributes:    systemAttributes(m, system),
	}
	chosen := map[string]broker.Attribute{}
	for name, a := range m.Attributes {
		if attributeWanted(name, names) {
			chosen[name] = a
		}
	}
	if len(chosen) == 0 {
		return w
	}
	w.MD5OfAttributes = md5OfAttributes(chosen)
	w.MessageAttributes = make(map[string]wireAttribute, len(chosen))
	for name, a := range chosen {
		w.MessageAttributes[name] = wireAttribute{DataType: a.DataType, StringValue: a.String, BinaryValue: a.Binary}
	}
	return w
}

func systemAttributes(m broker.Received, names []string) map[string]string {
	all := map[string]string{
		"SenderId":                         m.SenderID,
		"SentTimestamp":                    strconv.FormatInt(m.SentAt.UnixMilli(), 10),
		"ApproximateReceiveCount":          strconv.Itoa(m.ReceiveCount),
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.FirstReceivedAt.UnixMilli(), 10),
	}
	if m.TraceHeader != "" {
		all[traceHeader] = m.TraceHeader
	}
	if m.SourceQueue != "" {
		all["DeadLetterQueueSourceArn"] = arnOf(m.SourceQueue)
	}
	if slices.Contains(names, "All") {
		return all
	}
	wanted := map[string]string{}
	for _, name := range names {
		if value, ok := all[name]; ok {
			wanted[name] = value
		}
	}
	return wanted
}

// attributeWanted reads the request's names: a name, All, or a prefix with .*
// after it.
func attributeWanted(name string, wanted []string) bool {
	return slices.ContainsFunc(wanted, func(w string) bool {
		prefix, isPrefix := strings.CutSuffix(w, ".*")
		return w == "All" || w == name || isPrefix && strings.HasPrefix(name, prefix)
	})
}
