package construct

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
)

// MigrationProps describes the run of the migrations in a deployment. All fields
// are required.
type MigrationProps struct {
	Handler *Handler // answers as a custom resource of CloudFormation
	Version string   // changes with the migrations: then they run
	Timeout time.Duration
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
	this := constructs.NewConstruct(scope, text(id))
	resource := awscdk.NewCustomResource(this, text("Run"), &awscdk.CustomResourceProps{
		ResourceType:   text("Custom::FluxaMigrations"),
		ServiceToken:   props.Handler.Function.FunctionArn(),
		ServiceTimeout: awscdk.Duration_Seconds(number((runs*props.Timeout + pauses).Seconds())),
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
