package construct

import "testing"

// TestEventDatabase_adopts: one that was given the name of the stack's own is called by
// the reference, as that one is, so that other stacks keep what they take.
func TestEventDatabase_adopts(t *testing.T) {
	for name, own := range map[string]bool{"db-restored": false, "db": true} {
		stack := newStack(t)
		props := databaseProps(testNetwork(stack))
		props.Adopted = &AdoptedInstance{Name: name, Host: name + ".example.com", ResourceID: "db-RESTORED", SecretARN: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db"}
		database := NewEventDatabase(stack, "Database", &props)
		if watched := *database.events()[0].of[0]; own != (watched == *database.Instance.InstanceIdentifier()) || !own && watched != name {
			t.Errorf("%s: events are those of %s", name, watched)
		}
		settings, administration := database.Settings("reader", 1), database.Administration()
		if settings.Host != props.Adopted.Host || administration.Host != props.Adopted.Host || administration.SecretARN != props.Adopted.SecretARN || *database.ResourceID() != "db-RESTORED" {
			t.Errorf("%s: the functions reach %+v and %+v", name, settings, administration)
		}
		templateOf(stack).count(t, "AWS::RDS::DBInstance", 1)
	}
}
