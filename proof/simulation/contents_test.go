package simulation

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// form is how a payload travels.
type form uint8

const (
	inline form = iota
	large       // through the bucket
	stored      // through the bucket, although it is small; see sendStored
)

// content is one payload under one event id: what somebody sent, and what has to become
// of it.
type content struct {
	id      string
	payload string
	sha256  string
	meaning int // the same number is the same event, in other words perhaps
	form    form

	code     fault.Code // it is poison, and this is the code of its dead letter
	kills    bool       // it ends the process that stores it
	unwanted bool       // the database refuses a value of it

	first        time.Time // when it was sent first
	lost, spoilt bool      // its object was, at some time
	accepted     bool      // a client has a 202 for it
	keyed        bool      // its id is derived from a key
}

// name tells contents apart.
func nameOf(id, sha256 string) string { return id + " " + sha256[:min(8, len(sha256))] }

func (c *content) String() string { return nameOf(c.id, c.sha256) }

// inBucket reports whether the payload travels through the bucket.
func (c *content) inBucket() bool { return c.form != inline }

// padding makes a payload one that does not fit into a message.
var padding = strings.Repeat("x", contract.InlineLimit)

const (
	merchantKills    = "kills"
	merchantUnwanted = "unwanted"
)

// payloadOf writes an event. Wordings of one meaning differ in their bytes alone.
func payloadOf(id string, meaning, wording int, merchant string, form form) string {
	member := ""
	if id != "" {
		member = fmt.Sprintf(`"event_id":%q,`, id)
	}
	text := ""
	if form == large {
		text = padding
	}
	amount := []string{"%d.5", "%d.50", "%d.500", "%d5e-1"}[wording%4]
	metadata := `{"a":` + strconv.Itoa(meaning) + `,"b":"` + text + `"}`
	if wording%2 == 1 {
		metadata = `{ "b":"` + text + `", "a":` + strconv.Itoa(meaning) + ` }`
	}
	return fmt.Sprintf(`{%s"user_id":"u","amount":`+amount+`,"currency":"EUR","merchant":%q,"timestamp":"1999-12-31T23:59:59Z","metadata":`,
		member, meaning+1, merchant) + metadata + "}"
}

// newContent is an event that nobody has sent before.
func (w *world) newContent(id string, meaning, wording int, merchant string, form form) *content {
	payload := payloadOf(id, meaning, wording, merchant, form)
	return &content{
		id: id, payload: payload, sha256: event.Hash([]byte(payload)), meaning: meaning, form: form,
		kills: merchant == merchantKills, unwanted: merchant == merchantUnwanted,
	}
}

// know keeps a content, and returns the one that is known by its id and bytes.
func (w *world) know(c *content) *content {
	if known := w.contents[c.String()]; known != nil {
		return known
	}
	c.first = time.Now()
	w.contents[c.String()] = c
	w.order = append(w.order, c)
	return c
}

// contentOf returns what the message with a body is about: nil for a message that nobody
// in the simulation has sent.
func (w *world) contentOf(body string) *content {
	if forged := w.forged[body]; forged != nil {
		return forged
	}
	if known := w.bodies[body]; known != nil {
		return known
	}
	envelope, err := event.DecodeEnvelope(body)
	if err != nil {
		return nil
	}
	c := w.contents[nameOf(envelope.EventID, envelope.SHA256)]
	if c == nil {
		c = w.keyedContent(envelope)
	}
	w.bodies[body] = c
	return c
}

// keyedContent makes the content of an event to which ingest gave its id.
func (w *world) keyedContent(envelope event.Envelope) *content {
	for _, k := range w.keyed {
		if envelope.Payload != nil && *envelope.Payload == k.payload {
			return w.know(&content{id: envelope.EventID, payload: k.payload, sha256: envelope.SHA256, meaning: k.meaning, keyed: true})
		}
	}
	return nil
}

// attributeOrigin is an attribute of the simulation's own: when the first message of a
// content was sent from which this one comes.
const attributeOrigin = "origin"

func (w *world) originating(attributes map[string]string) map[string]string {
	out := map[string]string{attributeOrigin: time.Now().UTC().Format(time.RFC3339)}
	maps.Copy(out, attributes)
	return out
}

// redrivable reports whether a letter may go back: once in the life of a message, as the
// keys are kept for (contract.KeysOutliveEvents).
func redrivable(m *message) bool {
	origin, err := time.Parse(time.RFC3339, m.attributes[attributeOrigin])
	return err == nil && time.Since(origin) < contract.EventsRetention+contract.DLQRetention
}

// forgery is a message that ingest never sends, and the code of its dead letter.
func (w *world) forgery(which int) (body string, attributes map[string]string, c *content) {
	w.names++
	id := fmt.Sprintf("f%d", w.names)
	good := w.newContent(id, w.names, 0, "m", inline)
	envelope := event.Envelope{
		EventID: id, CorrelationID: "c", Mode: event.Inline, Payload: &good.payload, SHA256: good.sha256, ReceivedAt: w.start,
	}
	c = &content{id: id, sha256: good.sha256, meaning: w.names}
	switch which % 6 {
	case 0:
		c.code = fault.InvalidEnvelope
		return fmt.Sprintf(`no envelope %d`, w.names), nil, c
	case 1:
		c.code, attributes = fault.InvalidEnvelope, map[string]string{contract.AttrSchemaVersion: "2"}
	case 2:
		c.code, envelope.SHA256 = fault.HashMismatch, event.Hash([]byte(id))
	case 3:
		payload := fmt.Sprintf(`{"event_id":%q}`, id)
		c.code, envelope.Payload, envelope.SHA256 = fault.InvalidEvent, &payload, event.Hash([]byte(payload))
	case 4:
		c.code, envelope.EventID = fault.InvalidEvent, id+"-other"
	case 5:
		c.code, envelope.Mode, envelope.Payload = fault.PayloadMissing, event.S3, nil
		envelope.Bucket, envelope.Key = "of-somebody-else", event.ObjectKey(event.Identity{ID: id}, good.sha256)
	}
	c.id, c.sha256 = envelope.EventID, envelope.SHA256
	body, err := envelope.Encode()
	if err != nil {
		panic(err) // the simulation is at fault
	}
	return body, attributes, c
}
