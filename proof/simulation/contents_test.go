package simulation

import (
	"fmt"
	"maps"
	"slices"
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

// clients are the owners of events. The first is that of a stage without clients.
var clients = [...]string{"", "orders", "refunds"}

// users are those whom events are of.
var users = [...]string{"ada", "bob"}

// content is one payload under one event id of one client: what somebody sent, and what
// has to become of it.
type content struct {
	event.Identity
	user    string // empty for what no client has sent
	payload string
	sha256  string
	meaning int // the same number is the same event, in other words perhaps
	form    form

	code     fault.Code // it is poison, and this is the code of its dead letter
	kills    bool       // it ends the process that stores it
	unwanted bool       // the database refuses a value of it

	first    time.Time // when it was sent first
	lost     bool      // its object was, at some time, or was erased
	harmed   bool      // it was lost, and not erased
	spoilt   bool      // its object was, at some time
	accepted time.Time // when ingest received it of which a client has the last 202
	keyed    bool      // its id is derived from a key
}

// label names an event in the trace. The calls of the use cases are told apart by it.
func label(of event.Identity) string {
	if of.Client == "" {
		return of.ID
	}
	return of.Client + "/" + of.ID
}

// nameOf tells contents apart.
func nameOf(of event.Identity, sha256 string) string {
	return label(of) + " " + sha256[:min(8, len(sha256))]
}

func (c *content) String() string { return nameOf(c.Identity, c.sha256) }

// key is where the object of a content lies: under its client.
func (c *content) key() string {
	return contract.ObjectPrefix + label(c.Identity) + "/" + c.sha256 + ".json"
}

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
	return fmt.Sprintf(`{%s"user_id":%q,"amount":`+amount+`,"currency":"EUR","merchant":%q,"timestamp":"1999-12-31T23:59:59Z","metadata":`,
		member, userOf(meaning), meaning+1, merchant) + metadata + "}"
}

// userOf is whom the event with a meaning is of.
func userOf(meaning int) string { return users[meaning%len(users)] }

// newContent is an event that nobody has sent before.
func (w *world) newContent(of event.Identity, meaning, wording int, merchant string, form form) *content {
	payload := payloadOf(of.ID, meaning, wording, merchant, form)
	return &content{
		Identity: of, user: userOf(meaning), payload: payload, sha256: event.Hash([]byte(payload)), meaning: meaning, form: form,
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
	c := w.contents[nameOf(ownerOf(envelope), envelope.SHA256)]
	if c == nil {
		c = w.keyedContent(envelope)
	}
	w.bodies[body], w.received[body] = c, envelope.ReceivedAt
	return c
}

// ownerOf reads the fields by itself: the platform is held to what it makes of them.
func ownerOf(e event.Envelope) event.Identity { return event.Identity{Client: e.Client, ID: e.EventID} }

// receivedAt returns when ingest received what a message is about, for one that ingest
// sent.
func (w *world) receivedAt(body string) time.Time {
	w.contentOf(body)
	return w.received[body]
}

// keyedContent makes the content of an event to which ingest gave its id: one id for each
// client and key.
func (w *world) keyedContent(envelope event.Envelope) *content {
	i := slices.IndexFunc(w.keyed, func(k keyed) bool {
		return envelope.Payload != nil && *envelope.Payload == k.payload && envelope.Client == k.caller.Client
	})
	if i < 0 {
		return nil
	}
	k := w.keyed[i]
	if slices.ContainsFunc(w.order, func(c *content) bool { return c.keyed && c.meaning == k.meaning }) {
		w.breaks("a key of one client gives two ids, the second one is %s", label(ownerOf(envelope)))
	}
	return w.know(&content{
		Identity: ownerOf(envelope), user: userOf(k.number), payload: k.payload, sha256: envelope.SHA256, meaning: k.meaning, keyed: true,
	})
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
	good := w.newContent(event.Identity{ID: id}, w.names, 0, "m", inline)
	envelope := event.Envelope{
		EventID: id, CorrelationID: "c", Mode: event.Inline, Payload: &good.payload, SHA256: good.sha256, ReceivedAt: w.start,
	}
	c = &content{Identity: good.Identity, sha256: good.sha256, meaning: w.names}
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
	c.ID, c.sha256 = envelope.EventID, envelope.SHA256
	body, err := envelope.Encode()
	if err != nil {
		panic(err) // the simulation is at fault
	}
	return body, attributes, c
}
