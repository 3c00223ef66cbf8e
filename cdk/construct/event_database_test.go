package construct

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
)

func databaseProps(network *PrivateNetwork) EventDatabaseProps {
	return EventDatabaseProps{
		Name: "db", Network: network, EngineVersion: "17", InstanceClass: "t4g.micro", StorageGiB: 20, MaxStorageGiB: 40, BackupDays: 1, LogRetentionDays: 1,
	}
}

func testNetwork(stack awscdk.Stack) *PrivateNetwork {
	props := networkProps()
	return NewPrivateNetwork(stack, "Network", &props)
}

func TestEventDatabase_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = EventDatabaseProps
	stack := newStack(t)
	network := testNetwork(stack)
	refuses(t, "EventDatabase", func() p { return databaseProps(network) }, func(props *p) { NewEventDatabase(stack, "Database", props) },
		wrong[p]{func(p *p) { p.Name = "DB" }, `Name must have 1 to 60 characters of a-z0-9-, got "DB"`},
		wrong[p]{func(p *p) { p.Name = "a--b" }, `Name must have each - between two others, got "a--b"`},
		wrong[p]{func(p *p) { p.Network = nil }, "Network is required"},
		wrong[p]{func(p *p) { p.EngineVersion = "17.4" }, `EngineVersion must be a major version such as 17, got "17.4"`},
		wrong[p]{func(p *p) { p.InstanceClass = "db.t4g.micro" }, `InstanceClass must be a class without its db. such as t4g.micro, got "db.t4g.micro"`},
		wrong[p]{func(p *p) { p.StorageGiB = 19 }, "StorageGiB must be 20 to 65536, got 19"},
		wrong[p]{func(p *p) { p.MaxStorageGiB = 21 }, "MaxStorageGiB must be 22 to 65536, got 21"},
		wrong[p]{func(p *p) { p.BackupDays = 0 }, "BackupDays must be 1 to 35, got 0"},
		wrong[p]{func(p *p) { p.LogRetentionDays = 0 }, "LogRetentionDays must be " + oneOfTheRetentions + ", got 0"},
		wrong[p]{func(p *p) { p.Removal = awscdk.RemovalPolicy_SNAPSHOT }, "Removal must be one of [RETAIN DESTROY], got SNAPSHOT"})
}

func TestEventDatabase_stays_with_its_backups_by_default(t *testing.T) {
	stack := newStack(t)
	props := databaseProps(testNetwork(stack))
	database := NewEventDatabase(stack, "Database", &props)
	made := templateOf(stack)
	made.HasResource(text("AWS::RDS::DBInstance"), map[string]any{"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"})
	made.has(t, "AWS::RDS::DBInstance", map[string]any{
		"DBInstanceClass": "db.t4g.micro", "AllocatedStorage": "20", "MaxAllocatedStorage": 40, "BackupRetentionPeriod": 1, "DeleteAutomatedBackups": false,
		"StorageEncrypted": true, "PubliclyAccessible": false, "ManageMasterUserPassword": true, "DeletionProtection": false, "MultiAZ": false,
	})
	made.has(t, "AWS::RDS::DBParameterGroup", map[string]any{"Parameters": map[string]any{"rds.force_ssl": "1", "statement_timeout": "60000"}})
	made.count(t, "AWS::RDS::DBProxy", 0)
	if settings := database.Settings("reader", 3); settings != database.DirectSettings("reader", 3) || settings.User != "reader" || settings.MaxConns != 3 || settings.CAFile == "" {
		t.Errorf("without a proxy the functions reach %+v", settings)
	}
}

func TestEventDatabase_is_reached_by_its_proxy(t *testing.T) {
	stack := newStack(t)
	props := databaseProps(testNetwork(stack))
	props.Proxy = true
	database := NewEventDatabase(stack, "Database", &props)
	templateOf(stack).has(t, "AWS::RDS::DBProxy", map[string]any{
		"DBProxyName": "db", "RequireTLS": true, "DefaultAuthScheme": "IAM_AUTH", "Auth": assertions.Match_Absent(),
	})
	if settings := database.Settings("reader", 1); settings.Host != *database.Proxy.Endpoint() || settings.CAFile != "" {
		t.Errorf("the functions reach %+v", settings)
	}
	if host := database.DirectSettings("reader", 1).Host; host != *database.Instance.DbInstanceEndpointAddress() {
		t.Errorf("the migration reaches %s", host)
	}
}

func TestEventDatabase_s_metrics_are_those_of_the_instance(t *testing.T) {
	stack := newStack(t)
	props := databaseProps(testNetwork(stack))
	database := NewEventDatabase(stack, "Database", &props)
	measures(t, database.MetricCPU(), "AWS/RDS CPUUtilization Average")
	measures(t, database.MetricFreeStorage(), "AWS/RDS FreeStorageSpace Minimum")
	measures(t, database.MetricConnections(), "AWS/RDS DatabaseConnections Maximum")
	measures(t, database.MetricFreeMemory(), "AWS/RDS FreeableMemory Average")
}
