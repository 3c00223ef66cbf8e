// Package openapi describes the HTTP API as an OpenAPI 3.1 document, made from the
// contract. docs/openapi.json is its output.
package openapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fluxa/fluxa/pkg/contract"
)

// apiVersion is the version of the HTTP API, not of the program: a change that a
// client could notice as a break changes its first number.
const apiVersion = "1.0.0"

// Document returns the HTTP API as an OpenAPI 3.1 document, indented, the same
// bytes every time. It is made from contract.Routes, contract.EventSchema, the
// limits and the fault codes, and states none of them again. The error is of an
// event schema that cannot be read; with the embedded one it is nil.
func Document() ([]byte, error) {
	schemas, err := schemas()
	if err != nil {
		return nil, fmt.Errorf("make the OpenAPI document: %w", err)
	}
	document := object{
		{"openapi", "3.1.0"},
		{"info", object{
			{"title", "Fluxa"},
			{"description", "Takes transaction events, queues them, and persists each one exactly once. A path answers a method that it does not have with 405 and Allow, or on AWS with 404."},
			{"license", object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}},
			{"version", apiVersion},
		}},
		{"servers", []object{{{"url", "/"}}}},
		{"paths", paths()},
		{"components", object{
			{"schemas", schemas},
			{"responses", problems()},
			{"parameters", sharedParameters()},
			{"headers", responseHeaders()},
			{"securitySchemes", object{{schemeAPIKey, object{
				{"type", "apiKey"}, {"in", "header"}, {"name", strings.ToLower(contract.HeaderAPIKey)},
				{"description", "The caller's API key. On AWS a request signed for IAM needs none; locally none is asked unless FLUXA_API_KEY is set."},
			}}}},
		}},
	}
	out, err := json.Marshal(document, jsontext.WithIndent("  "))
	if err != nil {
		return nil, fmt.Errorf("make the OpenAPI document: %w", err)
	}
	return append(out, '\n'), nil
}

const schemeAPIKey = "ApiKey"

// member is one name and value of an object.
type member struct {
	name  string
	value any
}

// object is a JSON object that keeps its order.
type object []member

// MarshalJSONTo writes the members in their order.
func (o object) MarshalJSONTo(enc *jsontext.Encoder) error {
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, m := range o {
		if err := enc.WriteToken(jsontext.String(m.name)); err != nil {
			return err
		}
		if err := json.MarshalEncode(enc, m.value); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}

// UnmarshalJSONFrom reads an object, its values as they are written.
func (o *object) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		m := member{name: name.String()}
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		m.value = value.Clone()
		*o = append(*o, m)
	}
	_, err := dec.ReadToken()
	return err
}

func ref(kind, name string) object { return object{{"$ref", "#/components/" + kind + "/" + name}} }

// paths groups the routes by path, in the order of contract.Routes.
func paths() object {
	var out object
	for _, route := range contract.Routes() {
		method := member{strings.ToLower(route.Method), operation(route)}
		if i := slices.IndexFunc(out, func(m member) bool { return m.name == route.Path }); i >= 0 {
			out[i].value = append(out[i].value.(object), method)
			continue
		}
		out = append(out, member{route.Path, object{method}})
	}
	return out
}

func operation(route contract.Route) object {
	parameters := []object{ref("parameters", parameterCorrelationID)}
	if strings.Contains(route.Path, "{"+contract.PathEventID+"}") {
		parameters = append(parameters, ref("parameters", parameterEventID))
	}
	if route.Method == http.MethodPost {
		parameters = append(parameters, ref("parameters", parameterIdempotencyKey))
	}
	if route.KeyRequired && route.Method == http.MethodGet {
		parameters = append(parameters, ref("parameters", parameterClient))
	}
	if route.ID == contract.RouteEvents {
		parameters = append(parameters, listParameters()...)
	}
	out := object{
		{"operationId", route.ID},
		{"summary", route.Summary},
		{"parameters", parameters},
	}
	if body, ok := requestBodies()[route.ID]; ok {
		out = append(out, member{"requestBody", object{
			{"required", true},
			{"content", object{{contract.MediaJSON, body}}},
		}})
	}
	security := []object{}
	if route.KeyRequired {
		security = append(security, object{{schemeAPIKey, []string{}}})
	}
	return append(out, member{"responses", responses(route)}, member{"security", security})
}

func responses(route contract.Route) object {
	var out object
	headers := object{{contract.HeaderCorrelationID, ref("headers", headerCorrelationID)}}
	if route.ID == contract.RoutePayload {
		headers = append(headers, member{contract.HeaderReprDigest, ref("headers", headerReprDigest)})
	}
	for _, answer := range answers()[route.ID] {
		out = append(out, member{strconv.Itoa(answer.status), object{
			{"description", answer.description},
			{"headers", headers},
			{"content", object{{contract.MediaJSON, object{{"schema", ref("schemas", answer.schema)}}}}},
		}})
	}
	for _, status := range problemStatuses(route) {
		out = append(out, member{strconv.Itoa(status), ref("responses", problemName(status))})
	}
	return out
}
