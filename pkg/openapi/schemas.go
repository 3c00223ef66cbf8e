package openapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// schemas are the component schemas: one for each property of contract.EventSchema, and
// the bodies that are made of them.
func schemas() (object, error) {
	var event object
	if err := json.Unmarshal(contract.EventSchema, &event); err != nil {
		return nil, fmt.Errorf("read the event schema: %w", err)
	}
	var fields object
	var required []string
	if err := json.Unmarshal(event.raw("properties"), &fields); err != nil {
		return nil, fmt.Errorf("read the event schema's properties: %w", err)
	}
	if err := json.Unmarshal(event.raw("required"), &required); err != nil {
		return nil, fmt.Errorf("read the event schema's required fields: %w", err)
	}

	var out, properties object
	for _, field := range fields {
		out = append(out, member{propertyName(field.name), field.value})
		properties = append(properties, member{field.name, property(field.name)})
	}
	var sent object
	for _, keyword := range event {
		switch keyword.name {
		case "$schema": // OpenAPI has a dialect of its own
		case "properties":
			sent = append(sent, member{"properties", properties})
		default:
			sent = append(sent, keyword)
		}
	}
	stored := slices.Concat(properties, object{{"client", ref("schemas", "Client")}}, storedProperties())
	return append(out,
		member{"Event", sent},
		member{"StoredEvent", object{
			{"description", "One event as it is stored. metadata is left out when there was none; in a page, also of S3 events."},
			{"type", "object"},
			{"required", append(append([]string{contract.PathEventID}, required...), names(storedProperties())...)},
			{"properties", stored},
		}},
		member{"Batch", closed(object{{"events", object{
			{"type", "array"}, {"minItems", 1}, {"maxItems", contract.BatchLimit}, {"items", ref("schemas", "Event")},
		}}})},
		member{"Accepted", all(object{
			{"event_id", property("event_id")},
			{"status", object{{"type", "string"}, {"const", contract.StatusEnqueued}}},
		})},
		member{"BatchResults", all(object{{"results", list("BatchResult")}})},
		member{"BatchResult", body([]string{"index", "status"}, object{
			{"index", object{{"description", "The event's place in the request, from 0."}, {"type", "integer"}, {"minimum", 0}}},
			{"event_id", property("event_id")},
			{"status", object{
				{"description", "refused: change the event. failed: send it again as it is."},
				{"type", "string"}, {"enum", []string{contract.StatusEnqueued, contract.StatusRefused, contract.StatusNotTaken}},
			}},
			{"error", all(object{
				{"code", ref("schemas", "ErrorCode")}, {"detail", text()}, {"errors", list("FieldError")},
			})},
		})},
		member{"Page", object{{"oneOf", []object{ref("schemas", "EventPage"), ref("schemas", "StatusPage")}}}},
		member{"StatusPage", body([]string{"statuses"}, object{
			{"statuses", list("EventStatus")},
			{"next_cursor", object{{"description", "Absent on the last page."}, {"type", "string"}}},
		})},
		member{"EventPage", body([]string{"events"}, object{
			{"events", list("StoredEvent")},
			{"next_cursor", object{{"description", "Absent on the last page."}, {"type", "string"}}},
		})},
		member{"EventStatus", body([]string{"event_id", "status", "attempts", "first_seen_at", "last_seen_at"}, object{
			{"client", ref("schemas", "Client")},
			{"event_id", property("event_id")},
			{"status", object{{"type", "string"}, {"enum", []string{contract.StatusProcessing, contract.StatusProcessed, contract.StatusFailed}}}},
			{"attempts", object{{"description", "How often it was delivered to the processor."}, {"type", "integer"}, {"minimum", 0}}},
			{"first_seen_at", dateTime()},
			{"last_seen_at", dateTime()},
			{"error", all(object{{"code", ref("schemas", "ErrorCode")}, {"reason", text()}})},
		})},
		member{"Client", object{
			{"description", "Whose event it is. Absent for one that was sent while the stage had no clients."},
			{"type", "string"}, {"maxLength", contract.ClientLimit}, {"pattern", "^" + contract.ClientPattern + "$"},
		}},
		member{"Health", all(object{{"status", object{{"type", "string"}, {"const", contract.StatusHealthy}}}})},
		member{"Problem", all(object{
			{"type", object{{"type", "string"}, {"format", "uri-reference"}}},
			{"title", text()},
			{"status", object{{"type", "integer"}, {"minimum", 400}, {"maximum", 599}}},
			{"detail", text()},
			{"instance", text()},
			{"code", ref("schemas", "ErrorCode")},
			{"correlation_id", text()},
			{"errors", list("FieldError")},
		})},
		member{"FieldError", all(object{
			{"pointer", object{
				{"description", "A JSON Pointer (RFC 6901) into the body, or the name of a header or parameter."}, {"type", "string"},
			}},
			{"code", ref("schemas", "ErrorCode")},
			{"detail", text()},
		})},
		member{"ErrorCode", object{
			{"type", "string"}, {"enum", slices.Sorted(maps.Keys(fault.Codes()))},
		}},
	), nil
}

// storedProperties are what every stored event has beside what was sent.
func storedProperties() object {
	return object{
		{"correlation_id", text()},
		{"payload_mode", object{
			{"description", "Where the payload travelled and, for S3, stays."},
			{"type", "string"}, {"enum", []string{contract.ModeInline, contract.ModeS3}},
		}},
		{"payload_sha256", object{
			{"description", "Of the exact bytes that were sent."}, {"type", "string"}, {"pattern", "^[0-9a-f]{64}$"},
		}},
		{"received_at", dateTime()},
		{"created_at", dateTime()},
	}
}

// raw returns a value of an object that was read, null when there is none.
func (o object) raw(name string) jsontext.Value {
	for _, m := range o {
		if value, ok := m.value.(jsontext.Value); ok && m.name == name {
			return value
		}
	}
	return jsontext.Value("null")
}

func names(o object) []string {
	out := make([]string, len(o))
	for i, m := range o {
		out[i] = m.name
	}
	return out
}

// property refers to the schema of an event's field.
func property(field string) object { return ref("schemas", propertyName(field)) }

// propertyName makes UserID of user_id.
func propertyName(field string) string {
	var out strings.Builder
	for word := range strings.SplitSeq(field, "_") {
		if word == "id" {
			word = "ID"
		}
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}

func text() object     { return object{{"type", "string"}} }
func dateTime() object { return object{{"type", "string"}, {"format", "date-time"}} }

func list(schema string) object {
	return object{{"type", "array"}, {"items", ref("schemas", schema)}}
}

func body(required []string, properties object) object {
	return object{{"type", "object"}, {"required", required}, {"properties", properties}}
}

// all is a body whose properties are all there, always.
func all(properties object) object { return body(names(properties), properties) }

// closed is a body of a request: other properties are refused.
func closed(properties object) object {
	return append(all(properties), member{"additionalProperties", false})
}
