package construct

import (
	"testing"
)

func TestTraceGroup_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = TraceGroupProps
	stack := newStack(t)
	h := testHandler(stack, "Ingest")
	refuses(t, "TraceGroup", func() p { return p{Name: "app", Handlers: []*Handler{h}} }, func(props *p) { NewTraceGroup(stack, "Traces", props) },
		wrong[p]{func(p *p) { p.Name = "a-name-of-more-than-32-characters" }, `Name must have 1 to 32 characters of A-Za-z0-9_-, got "a-name-of-more-than-32-characters"`},
		wrong[p]{func(p *p) { p.Handlers = nil }, "Handlers is required"})
}

func TestTraceGroup_has_what_passes_one_of_the_handlers(t *testing.T) {
	stack := newStack(t)
	NewTraceGroup(stack, "Traces", &TraceGroupProps{Name: "app", Handlers: []*Handler{testHandler(stack, "Ingest"), testHandler(stack, "Query")}})
	templateOf(stack).has(t, "AWS::XRay::Group", map[string]any{"GroupName": "app", "FilterExpression": `service("ingest") OR service("query")`})
}
