package sqs

import (
	"net/http"
	"strings"
	"time"

	"github.com/fluxa/fluxa/emulator/sqs/internal/broker"
)

const traceHeader = "AWSTraceHeader"

// wireAttribute is an attribute as the protocol carries it, in both directions.
type wireAttribute struct {
	DataType    string
	StringValue string `json:",omitempty"`
	BinaryValue []byte `json:",omitempty"`
}

type wireMessage struct {
	ID                      string `json:"Id"`
	MessageBody             string
	DelaySeconds            *int
	MessageAttributes       map[string]wireAttribute
	MessageSystemAttributes map[string]wireAttribute
}

type sendIn struct {
	QueueURL string `json:"QueueUrl"`
	wireMessage
}

type sendOut struct {
	ID              string `json:"Id,omitempty"`
	MessageID       string `json:"MessageId"`
	MD5OfBody       string `json:"MD5OfMessageBody"`
	MD5OfAttributes string `json:"MD5OfMessageAttributes,omitempty"`
	MD5OfSystem     string `json:"MD5OfMessageSystemAttributes,omitempty"`
}

func (s *Server) sendMessage(r *http.Request, in sendIn) (sendOut, error) {
	name, err := queueOfURL(in.QueueURL)
	if err != nil {
		return sendOut{}, err
	}
	info, err := s.broker.Queue(name)
	if err != nil {
		return sendOut{}, err
	}
	m, err := in.message(r, info.Settings)
	if err != nil {
		return sendOut{}, err
	}
	ids, err := s.broker.Send(r.Context(), name, []broker.Message{m})
	if err != nil {
		return sendOut{}, err
	}
	return in.sent(m, ids[0]), nil
}

func (w wireMessage) sent(m broker.Message, id string) sendOut {
	out := sendOut{
		ID:              w.ID,
		MessageID:       id,
		MD5OfBody:       md5Hex(m.Body),
		MD5OfAttributes: md5OfAttributes(m.Attributes),
	}
	if len(w.MessageSystemAttributes) > 0 {
		out.MD5OfSystem = md5OfAttributes(map[string]broker.Attribute{
			traceHeader: {DataType: "String", String: m.TraceHeader},
		})
	}
	return out
}

// message validates what the client sent and makes it the broker's. The trace
// header is the message's own system attribute or, without one, that of the
// HTTP request.
func (w wireMessage) message(r *http.Request, settings broker.Settings) (broker.Message, error) {
	m := broker.Message{Body: w.MessageBody, SenderID: senderID}
	if trace := r.Header.Get("X-Amzn-Trace-Id"); validCharacters(trace) {
		m.TraceHeader = trace
	}
	if len(w.MessageAttributes) > 0 {
		m.Attributes = make(map[string]broker.Attribute, len(w.MessageAttributes))
	}
	for name, a := range w.MessageAttributes {
		m.Attributes[name] = broker.Attribute{DataType: a.DataType, String: a.StringValue, Binary: a.BinaryValue}
	}
	for name, a := range w.MessageSystemAttributes {
		if name != traceHeader {
			return broker.Message{}, invalidParameter("Message system attribute name '%s' is invalid.", name)
		}
		if !strings.HasPrefix(a.DataType, "String") || a.StringValue == "" || !validCharacters(a.StringValue) {
			return broker.Message{}, invalidParameter("Message system attribute '%s' must be a non-empty String.", name)
		}
		m.TraceHeader = a.StringValue
	}
	if w.DelaySeconds != nil {
		if *w.DelaySeconds < 0 || *w.DelaySeconds > maxDelaySeconds {
			return broker.Message{}, parameterOutOfRange("DelaySeconds", *w.DelaySeconds,
				"DelaySeconds must be >= 0 and <= 900.")
		}
		delay := time.Duration(*w.DelaySeconds) * time.Second
		m.Delay = &delay
	}
	return m, checkMessage(m, settings.MaxMessageBytes)
}

type sendBatchIn struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []wireMessage
}

func (s *Server) sendMessageBatch(r *http.Request, in sendBatchIn) (batchOut[sendOut], error) {
	name, err := s.checkBatch(in.QueueURL, "SendMessageBatchRequestEntry", len(in.Entries),
		func(i int) string { return in.Entries[i].ID })
	if err != nil {
		return batchOut[sendOut]{}, err
	}
	info, err := s.broker.Queue(name)
	if err != nil {
		return batchOut[sendOut]{}, err
	}
	size := 0
	for _, e := range in.Entries {
		size += e.size()
	}
	if size > maxBatchBytes {
		return batchOut[sendOut]{}, batchTooLong(size)
	}
	var out batchOut[sendOut]
	var messages []broker.Message
	var accepted []wireMessage
	for _, e := range in.Entries {
		m, err := e.message(r, info.Settings)
		if err != nil {
			out.fail(e.ID, err, "")
			continue
		}
		messages = append(messages, m)
		accepted = append(accepted, e)
	}
	if len(messages) == 0 {
		return out, nil
	}
	ids, err := s.broker.Send(r.Context(), name, messages)
	if err != nil {
		return batchOut[sendOut]{}, err
	}
	for i, m := range messages {
		out.Successful = append(out.Successful, accepted[i].sent(m, ids[i]))
	}
	return out, nil
}

func (w wireMessage) size() int {
	size := len(w.MessageBody)
	for name, a := range w.MessageAttributes {
		size += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
	}
	return size
}
