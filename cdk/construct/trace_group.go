package construct

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsxray"
	"github.com/aws/constructs-go/constructs/v10"
)

// TraceGroupProps describes a group of traces.
type TraceGroupProps struct {
	// Name has 1 to 32 of A-Z a-z 0-9 _ -.
	Name string
	// Handlers are those whose traces are gathered: at least one.
	Handlers []*Handler
}

// NewTraceGroup gathers the X-Ray traces that pass one of the handlers.
func NewTraceGroup(scope constructs.Construct, id string, props *TraceGroupProps) {
	c := &check{part: "TraceGroup"}
	c.name(props.Name, 1, 32, "A-Za-z0-9_-", "Name")
	c.given(len(props.Handlers) > 0, "Handlers")
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	var services []string
	for _, handler := range props.Handlers {
		services = append(services, fmt.Sprintf("service(%q)", handler.props.Name))
	}
	awsxray.NewCfnGroup(this, text("Group"), &awsxray.CfnGroupProps{
		GroupName: text(props.Name), FilterExpression: text(strings.Join(services, " OR ")),
	})
}
