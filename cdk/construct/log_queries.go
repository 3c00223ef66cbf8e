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
	// AccessLog is that of the API, see EventAPI.
	AccessLog awslogs.ILogGroup
}

// NewLogQueries saves the Logs Insights queries that the runbook begins with.
func NewLogQueries(scope constructs.Construct, id string, props *LogQueriesProps) {
	c := &check{part: "LogQueries"}
	c.name(props.Folder, 1, 200, "", "Folder")
	c.require(len(props.Handlers) >= 1 && len(props.Handlers) <= 50, "Handlers", "must be 1 to 50, got %d", len(props.Handlers))
	c.given(props.AccessLog != nil, "AccessLog")
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	var groups []interfacesawslogs.ILogGroupRef
	for _, handler := range props.Handlers {
		groups = append(groups, handler.LogGroup)
	}
	for _, query := range savedQueries() {
		searched := groups
		if query.ofRequests {
			searched = []interfacesawslogs.ILogGroupRef{props.AccessLog}
		}
		awslogs.NewQueryDefinition(this, text(query.id), &awslogs.QueryDefinitionProps{
			QueryDefinitionName: text(props.Folder + "/" + query.name),
			QueryString:         awslogs.NewQueryString(&query.query),
			LogGroups:           &searched,
		})
	}
}

// savedQuery is one query. One ofRequests searches the access log of the API, any other
// the logs of the functions.
type savedQuery struct {
	id, name   string
	ofRequests bool
	query      awslogs.QueryStringProps
}

func savedQueries() []savedQuery {
	return []savedQuery{
		{id: "ByCorrelationID", name: "by correlation id", query: awslogs.QueryStringProps{
			Fields:           list("@timestamp", "service", "level", "message", "route", "status", "result", "event_id", "deliveries", "error_code", "error"),
			FilterStatements: list(`correlation_id = "PUT THE CORRELATION ID HERE"`),
			Sort:             text("@timestamp asc"),
		}},
		{id: "ByErrorCode", name: "by error code", query: awslogs.QueryStringProps{
			FilterStatements: list("ispresent(error_code)"),
			StatsStatements:  list("count(*) as lines, latest(error) as last, max(@timestamp) as at by service, error_code"),
			Sort:             text("lines desc"),
		}},
		{id: "Retries", name: "retries by code", query: awslogs.QueryStringProps{
			FilterStatements: list(`message = "message" and result = "retried"`),
			StatsStatements:  list("count(*) as retries, max(deliveries), max(retry_in_s) by error_code, bin(5m)"),
		}},
		{id: "Slowest", name: "slowest requests", query: awslogs.QueryStringProps{
			Fields:           list("@timestamp", "service", "route", "status", "duration_ms", "correlation_id"),
			FilterStatements: list(`message = "request"`),
			Sort:             text("duration_ms desc"),
			Limit:            jsii.Number(50),
		}},
		// Of one who shows no key, signs nothing or brings no token, all three are "-". A
		// request that is throttled or refused reaches no function, whose log has the
		// client's name. parse leaves a field out that the text does not have, and count
		// counts the lines that have it ("stats", count(fieldName),
		// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html).
		{id: "Clients", name: "requests by client", ofRequests: true, query: awslogs.QueryStringProps{
			ParseStatements: list(
				`principal /:assumed-role\/(?<role>[^\/]+)/`,
				`status /^(?<throttle>429)$/`,
				`status /^(?<refusal>4([013-9][0-9]|2[0-8]))$/`,
			),
			StatsStatements: list("count(*) as requests, count(refusal) as refused, count(throttle) as throttled by caller, role, subject"),
			Sort:            text("requests desc"),
		}},
	}
}
