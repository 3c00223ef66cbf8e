package construct

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
)

// MigrationProps describes the run of the migrations in a deployment.
type MigrationProps struct {
	// Handler answers as a custom resource of CloudFormation.
	Handler *Handler
	// Version is any text that changes with the migrations and with the database: then
	// they run.
	Version string
}

// Migration is done when the migrations are applied; when they fail, the
// deployment fails and is rolled back. What must not run before depends on it.
// Deleting it deletes no table.
type Migration struct {
	Construct constructs.Construct
	resource  awscdk.CustomResource
}

// Lambda runs the function up to three times when it cannot answer, with a minute
// and then two between. CloudFormation waits for all of them.
const (
	runs   = 3
	pauses = 3 * time.Minute
)

// NewMigration makes the run.
func NewMigration(scope constructs.Construct, id string, props *MigrationProps) *Migration {
	c := &check{part: "Migration"}
	c.given(props.Handler != nil, "Handler")
	c.given(props.Version != "", "Version")
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	resource := awscdk.NewCustomResource(this, text("Run"), &awscdk.CustomResourceProps{
		ResourceType:   text("Custom::FluxaMigrations"),
		ServiceToken:   props.Handler.Function.FunctionArn(),
		ServiceTimeout: seconds(runs*props.Handler.props.Timeout + pauses),
		Properties:     &map[string]any{"Version": props.Version},
	})
	return &Migration{Construct: this, resource: resource}
}

// Before makes the parts wait for the migrations.
func (m *Migration) Before(parts ...constructs.IConstruct) {
	for _, part := range parts {
		part.Node().AddDependency(m.resource)
	}
}
