package broker

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"
)

// Attribute is a typed value beside a message's body. Binary holds the value of
// the Binary data type and its custom labels, String that of every other type.
type Attribute struct {
	DataType string `json:"t"`
	String   string `json:"s,omitempty"`
	Binary   []byte `json:"b,omitempty"`
}

// Message is what a sender hands over. The caller has validated it: the broker
// stores whatever it gets. A nil Delay means the queue's own delay.
type Message struct {
	Body        string
	Attributes  map[string]Attribute
	TraceHeader string
	SenderID    string
	Delay       *time.Duration
}

// Received is a message in the hands of one receiver. ReceiveCount counts this
// receive and those on the queues from which it was moved to a DLQ. SourceQueue names
// the last of these queues and is empty for any other message.
type Received struct {
	ID              string
	ReceiptHandle   string
	Body            string
	Attributes      map[string]Attribute
	TraceHeader     string
	SenderID        string
	SourceQueue     string
	SentAt          time.Time
	FirstReceivedAt time.Time
	ReceiveCount    int
}

type header struct {
	ID         string               `json:"id"`
	Sent       int64                `json:"sent"`
	Due        int64                `json:"due,omitempty"`
	Sender     string               `json:"sender,omitempty"`
	Trace      string               `json:"trace,omitempty"`
	Source     string               `json:"source,omitempty"`
	Carried    uint32               `json:"carried,omitempty"`
	First      int64                `json:"first,omitempty"`
	Attributes map[string]Attribute `json:"attributes,omitempty"`
}

// A record is the header's length, the header as JSON, and the body as it came:
// the header can be read without touching the pages of a large body.
func encodeRecord(h header, body []byte) ([]byte, error) {
	meta, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode message header: %w", err)
	}
	record := make([]byte, 0, binary.MaxVarintLen64+len(meta)+len(body))
	record = binary.AppendUvarint(record, uint64(len(meta)))
	record = append(record, meta...)
	return append(record, body...), nil
}

// decodeRecord returns the header and the body, which aliases the record.
func decodeRecord(record []byte) (header, []byte, error) {
	size, n := binary.Uvarint(record)
	if n <= 0 || size > uint64(len(record)-n) {
		return header{}, nil, fmt.Errorf("decode message record of %d bytes: broken length prefix", len(record))
	}
	end := n + int(size)
	var h header
	if err := json.Unmarshal(record[n:end], &h); err != nil {
		return header{}, nil, fmt.Errorf("decode message header: %w", err)
	}
	return h, record[end:], nil
}

// state is the part of a message that changes with each receive. It lives in a
// bucket of its own so that a receive never rewrites a body.
type state struct {
	receives uint32
	first    int64
	received int64
	due      int64
	nonce    uint64
}

const stateSize = 4 + 4*8

func (s state) encode() []byte {
	b := make([]byte, 0, stateSize)
	b = binary.BigEndian.AppendUint32(b, s.receives)
	b = binary.BigEndian.AppendUint64(b, uint64(s.first))
	b = binary.BigEndian.AppendUint64(b, uint64(s.received))
	b = binary.BigEndian.AppendUint64(b, uint64(s.due))
	return binary.BigEndian.AppendUint64(b, s.nonce)
}

func decodeState(b []byte) (state, error) {
	if len(b) != stateSize {
		return state{}, fmt.Errorf("decode message state: %d bytes, want %d", len(b), stateSize)
	}
	return state{
		receives: binary.BigEndian.Uint32(b),
		first:    int64(binary.BigEndian.Uint64(b[4:])),
		received: int64(binary.BigEndian.Uint64(b[12:])),
		due:      int64(binary.BigEndian.Uint64(b[20:])),
		nonce:    binary.BigEndian.Uint64(b[28:]),
	}, nil
}

func sequenceKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

func sequenceOf(key []byte) uint64 { return binary.BigEndian.Uint64(key) }
