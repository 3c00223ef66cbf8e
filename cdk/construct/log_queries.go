package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// LogQueriesProps describes the saved queries.
type LogQueriesProps struct {
	// Folder groups the queries in the console, such as fluxa/dev: 1 to 200
	// characters.
	Folder string
	// Handlers are those whose logs are searched: 1 to 50.
	Handlers []*Handler
}

// NewLogQueries saves the Logs Insights queries that the runbook begins with.
func NewLogQueries(scope constructs.Construct, id string, props *LogQueriesProps) {
	c := &check{part: "LogQueries"}
	c.name(props.Folder, 1, 200, "", "Folder")
	c.require(len(props.Handlers) >= 1 && len(props.Handlers) <= 50, "Handlers", "must be 1 to 50, got %d", len(props.Handlers))
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	var groups []interfacesawslogs.ILogGroupRef
	for _, handler := range props.Handlers {
		groups = append(groups, handler.LogGroup)
	}
	for _, query := range []struct {
		id, name string
		query    awslogs.QueryStringProps
	}{
		{"ByCorrelationID", "by correlation id", awslogs.QueryStringProps{
			Fields:           list("@timestamp", "service", "level", "message", "route", "status", "result", "event_id", "deliveries", "error_code", "error"),
			FilterStatements: list(`correlation_id = "PUT THE CORRELATION ID HERE"`),
			Sort:             text("@timestamp asc"),
		}},
		{"ByErrorCode", "by error code", awslogs.QueryStringProps{
			FilterStatements: list("ispresent(error_code)"),
			StatsStatements:  list("count(*) as lines, latest(error) as last, max(@timestamp) as at by service, error_code"),
			Sort:             text("lines desc"),
		}},
		{"Retries", "retries by code", awslogs.QueryStringProps{
			FilterStatements: list(`message = "message" and result = "retried"`),
			StatsStatements:  list("count(*) as retries, max(deliveries), max(retry_in_s) by error_code, bin(5m)"),
		}},
		{"Slowest", "slowest requests", awslogs.QueryStringProps{
			Fields:           list("@timestamp", "service", "route", "status", "duration_ms", "correlation_id"),
			FilterStatements: list(`message = "request"`),
			Sort:             text("duration_ms desc"),
			Limit:            jsii.Number(50),
		}},
	} {
		awslogs.NewQueryDefinition(this, text(query.id), &awslogs.QueryDefinitionProps{
			QueryDefinitionName: text(props.Folder + "/" + query.name),
			QueryString:         awslogs.NewQueryString(&query.query),
			LogGroups:           &groups,
		})
	}
}
