package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
)

// databaseEvents are the events of sources of one type that RDS tells of.
type databaseEvents struct {
	id, name   string    // of the construct, and of the subscription
	source     string    // the type, such as db-instance
	of         []*string // the names of the sources
	categories []string
}

// databaseEventsPrincipal is who RDS publishes as. It does so to an encrypted topic,
// too, when the topic's key and policy let it ("Managing Amazon SNS encryption keys and
// costs", https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html, and
// "Granting permissions to publish notifications to an Amazon SNS topic",
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.GrantingPermissions.html).
// Older editions of the RDS guide have it that it does not.
const databaseEventsPrincipal = "events.rds.amazonaws.com"

// instanceEvents are the categories of an instance that are not the work of a deploy or
// of the daily backup ("Amazon RDS event categories and event messages",
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html).
func instanceEvents() []string {
	return []string{"availability", "failover", "failure", "low storage", "maintenance", "recovery"}
}

// clusterEvents are those of a cluster of Aurora, and memberEvents those of an instance
// in it. A pause and its end are notifications, which no one should hear of ("Amazon RDS
// event categories and event messages for Aurora",
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html).
func clusterEvents() []string { return []string{"failover", "failure", "maintenance"} }

func memberEvents() []string {
	return []string{"availability", "failure", "low storage", "maintenance", "recovery"}
}

// subscribeToDatabase sends the events of the database to the topic, which may take
// five minutes.
func (a *Alarms) subscribeToDatabase() {
	for _, e := range a.props.Database.events() {
		var sources []any
		for _, name := range e.of {
			sources = append(sources, name)
		}
		subscription := awsrds.NewCfnEventSubscription(a.Construct, text(e.id), &awsrds.CfnEventSubscriptionProps{
			SubscriptionName: text(a.props.Named(e.name)), SnsTopicArn: a.Topic.Topic.TopicArn(),
			SourceType: text(e.source), SourceIds: &sources, EventCategories: list(e.categories...), Enabled: true,
		})
		// RDS publishes to the topic when the subscription is made: the policy comes first.
		subscription.Node().AddDependency(a.Topic.Topic)
	}
}
