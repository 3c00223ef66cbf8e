package construct

import (
	"encoding/json"
	"fmt"

	"github.com/fluxa/fluxa/pkg/contract"
)

// draft4URI names the JSON Schema draft that API Gateway knows.
const draft4URI = "http://json-schema.org/draft-04/schema#"

// requestSchemas are the bodies that API Gateway checks before a function runs,
// by route. Of a batch it checks the frame only: one bad event must not refuse
// the good ones beside it.
func requestSchemas() map[string]map[string]any {
	return map[string]map[string]any{
		contract.RouteIngest: eventSchema(contract.EventSchema),
		contract.RouteIngestBatch: {
			"$schema": draft4URI, "type": "object", "required": []string{"events"}, "additionalProperties": false,
			"properties": map[string]any{"events": map[string]any{"type": "array", "minItems": 1, "maxItems": contract.BatchLimit}},
		},
	}
}

// eventSchema is the schema of an event in draft 4. It panics when the schema has
// a keyword that neither draft 4 nor this function knows, since API Gateway would
// not look at it.
func eventSchema(raw []byte) map[string]any {
	var schema map[string]any
	if err := json.Unmarshal(raw, &schema); err != nil {
		panic(fmt.Sprintf("EventAPI: the event's schema: %v", err))
	}
	lower(schema)
	schema["$schema"] = draft4URI
	return schema
}

// lower says in draft 4 what the newer draft says otherwise: a bound is excluded
// by a flag beside it. A format is left out: validators of draft 4 take fewer
// times than RFC 3339 has, and would refuse what the function accepts.
func lower(schema map[string]any) {
	delete(schema, "format")
	for exclusive, bound := range map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"} {
		if limit, is := schema[exclusive].(float64); is {
			schema[bound], schema[exclusive] = limit, true
		}
	}
	for keyword, value := range schema {
		switch keyword {
		case "properties":
			for _, property := range value.(map[string]any) {
				lower(property.(map[string]any))
			}
		case "not", "items":
			lower(value.(map[string]any))
		case "$schema", "title", "description", "type", "required", "enum", "additionalProperties", "pattern",
			"minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems":
		default:
			panic(fmt.Sprintf("EventAPI: the event's schema has the keyword %q, which is not known to be one of JSON Schema draft 4", keyword))
		}
	}
}
