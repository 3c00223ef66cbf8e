package construct

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsxray"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/pkg/contract"
)

// NewLogQueries saves the Logs Insights queries that the runbook begins with.
func NewLogQueries(scope constructs.Construct, id string, w *Watched) {
	this := constructs.NewConstruct(scope, text(id))
	var groups []interfacesawslogs.ILogGroupRef
	for _, function := range contract.Functions() {
		groups = append(groups, w.Handlers[function].LogGroup)
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
			QueryDefinitionName: text("fluxa/" + w.Stage.Name + "/" + query.name),
			QueryString:         awslogs.NewQueryString(&query.query),
			LogGroups:           &groups,
		})
	}
}

// NewTraceGroup gathers the traces that pass a function of the stage.
func NewTraceGroup(scope constructs.Construct, id string, w *Watched) {
	this := constructs.NewConstruct(scope, text(id))
	var services []string
	for _, function := range contract.Functions() {
		services = append(services, fmt.Sprintf("service(%q)", w.Stage.Named(string(function))))
	}
	awsxray.NewCfnGroup(this, text("Group"), &awsxray.CfnGroupProps{
		GroupName: text(w.Stage.Platform()), FilterExpression: text(strings.Join(services, " OR ")),
	})
}
