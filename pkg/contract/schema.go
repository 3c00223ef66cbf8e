package contract

import _ "embed"

// EventSchema is the JSON Schema (draft 2020-12) of an event as a client sends
// it. The OpenAPI document, the API's request validation and the tests read it;
// a test proves that it and the decoder of package event agree.
//
//go:embed event.schema.json
var EventSchema []byte
