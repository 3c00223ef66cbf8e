package construct

import (
	"testing"
)

func TestLogQueries_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = LogQueriesProps
	stack := newStack(t)
	h := testHandler(stack, "Ingest")
	refuses(t, "LogQueries", func() p { return p{Folder: "app", Handlers: []*Handler{h}, AccessLog: h.LogGroup} }, func(props *p) { NewLogQueries(stack, "Queries", props) },
		wrong[p]{func(p *p) { p.Folder = "" }, `Folder must have 1 to 200 characters, got ""`},
		wrong[p]{func(p *p) { p.Handlers = nil }, "Handlers must be 1 to 50, got 0"},
		wrong[p]{func(p *p) { p.Handlers = make([]*Handler, 51) }, "Handlers must be 1 to 50, got 51"},
		wrong[p]{func(p *p) { p.AccessLog = nil }, "AccessLog is required"})
}

func TestLogQueries_search_the_logs_of_every_handler(t *testing.T) {
	stack := newStack(t)
	ingest, query := testHandler(stack, "Ingest"), testHandler(stack, "Query")
	access := NewLogGroup(stack, "Access", &LogGroupProps{Name: "/access", RetentionDays: 1})
	NewLogQueries(stack, "Queries", &LogQueriesProps{Folder: "app/dev", Handlers: []*Handler{ingest, query}, AccessLog: access})
	made := templateOf(stack)
	made.count(t, "AWS::Logs::QueryDefinition", 5)
	logs := []any{stack.Resolve(ingest.LogGroup.LogGroupName()), stack.Resolve(query.LogGroup.LogGroupName())}
	made.has(t, "AWS::Logs::QueryDefinition", map[string]any{"Name": "app/dev/slowest requests", "LogGroupNames": logs})
	made.has(t, "AWS::Logs::QueryDefinition", map[string]any{"Name": "app/dev/requests by client", "LogGroupNames": []any{stack.Resolve(access.LogGroupName())}})
}
