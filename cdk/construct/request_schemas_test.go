package construct

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/pkg/contract"
)

func TestEventSchema_says_in_draft_4_what_a_newer_draft_says_otherwise(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ newer, want string }{
		"an excluded lower bound":    {`{"exclusiveMinimum":0}`, `{"minimum":0,"exclusiveMinimum":true}`},
		"an excluded upper bound":    {`{"exclusiveMaximum":1e15}`, `{"maximum":1e15,"exclusiveMaximum":true}`},
		"bounds that are included":   {`{"minimum":1,"maximum":9}`, `{"minimum":1,"maximum":9}`},
		"no format":                  {`{"type":"string","format":"date-time","maxLength":64}`, `{"type":"string","maxLength":64}`},
		"the properties' too":        {`{"properties":{"amount":{"exclusiveMinimum":1,"format":"int"}}}`, `{"properties":{"amount":{"minimum":1,"exclusiveMinimum":true}}}`},
		"a property called format":   {`{"properties":{"format":{"type":"string"}}}`, `{"properties":{"format":{"type":"string"}}}`},
		"those of items and of not":  {`{"items":{"format":"x"},"not":{"exclusiveMaximum":2}}`, `{"items":{},"not":{"maximum":2,"exclusiveMaximum":true}}`},
		"the draft that it is of":    {`{"$schema":"https://json-schema.org/draft/2020-12/schema"}`, `{}`},
		"what both drafts say alike": {`{"type":"object","required":["a"],"additionalProperties":false,"description":"d","title":"t"}`, `{"type":"object","required":["a"],"additionalProperties":false,"description":"d","title":"t"}`},
	} {
		var want map[string]any
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(err)
		}
		want["$schema"] = "http://json-schema.org/draft-04/schema#"
		if diff := cmp.Diff(want, eventSchema([]byte(c.newer))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestEventSchema_refuses_a_keyword_that_API_Gateway_would_not_look_at(t *testing.T) {
	t.Parallel()
	for keyword, schema := range map[string]string{
		"const":            `{"const":1}`,
		"if":               `{"if":{}}`,
		"dependentSchemas": `{"properties":{"a":{"dependentSchemas":{}}}}`,
		"prefixItems":      `{"not":{"prefixItems":[]}}`,
		"$ref":             `{"items":{"$ref":"#/x"}}`,
	} {
		panics(t, `EventAPI: the event's schema has the keyword "`+keyword+`", which is not known to be one of JSON Schema draft 4`, func() {
			eventSchema([]byte(schema))
		})
	}
}

func TestEventSchema_refuses_what_is_not_JSON(t *testing.T) {
	t.Parallel()
	panics(t, "EventAPI: the event's schema: unexpected end of JSON input", func() { eventSchema([]byte("{")) })
}

func TestRequestSchemas_are_of_every_route_with_a_body(t *testing.T) {
	t.Parallel()
	var want []string
	for _, route := range contract.Routes() {
		if route.Method == "POST" {
			want = append(want, route.ID)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(requestSchemas())); !slices.Equal(got, want) {
		t.Errorf("there are schemas for %q, want %q", got, want)
	}
}
