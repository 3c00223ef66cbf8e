package construct

import (
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

func clusterProps(network *PrivateNetwork) EventClusterProps {
	return EventClusterProps{Name: "db", Network: network, EngineVersion: "17", MaximumACU: 1, BackupDays: 1, LogRetentionDays: 1}
}

func TestEventCluster_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = EventClusterProps
	stack := newStack(t)
	network := testNetwork(stack)
	refuses(t, "EventCluster", func() p { return clusterProps(network) }, func(props *p) { NewEventCluster(stack, "Database", props) },
		wrong[p]{func(p *p) { p.Name = "DB" }, `Name must have 1 to 52 characters of a-z0-9-, got "DB"`},
		wrong[p]{func(p *p) { p.Network = nil }, "Network is required"},
		wrong[p]{func(p *p) { p.EngineVersion = "17.4" }, `EngineVersion must be a major version such as 17, got "17.4"`},
		wrong[p]{func(p *p) { p.MinimumACU = -0.5 }, "MinimumACU must be 0 to 256 by halves, got -0.5"},
		wrong[p]{func(p *p) { p.MaximumACU = 0.5 }, "MaximumACU must be 1 to 256 by halves, got 0.5"},
		wrong[p]{func(p *p) { p.MinimumACU, p.MaximumACU = 3, 2 }, "MaximumACU must be 3 to 256 by halves, got 2"},
		wrong[p]{func(p *p) { p.MaximumACU = 1.2 }, "MaximumACU must be 1 to 256 by halves, got 1.2"},
		wrong[p]{func(p *p) { p.Readers = 16 }, "Readers must be 0 to 15, got 16"},
		wrong[p]{func(p *p) { p.Standby = true }, "Readers must be at least 1 with Standby, got 0"},
		wrong[p]{func(p *p) { p.Proxy = true }, "MinimumACU must be above 0 with Proxy, which keeps the instances from pausing, got 0"},
		wrong[p]{func(p *p) { p.BackupDays = 0 }, "BackupDays must be 1 to 35, got 0"},
		wrong[p]{func(p *p) { p.LogRetentionDays = 0 }, "LogRetentionDays must be " + oneOfTheRetentions + ", got 0"},
		wrong[p]{func(p *p) { p.Removal = awscdk.RemovalPolicy_SNAPSHOT }, "Removal must be one of [RETAIN DESTROY], got SNAPSHOT"})
}

func TestEventCluster_pauses_when_nobody_works(t *testing.T) {
	stack := newStack(t)
	props := clusterProps(testNetwork(stack))
	database := NewEventCluster(stack, "Database", &props)
	made := templateOf(stack)
	for _, kind := range []string{"AWS::RDS::DBCluster", "AWS::RDS::DBInstance"} {
		made.HasResource(text(kind), map[string]any{"DeletionPolicy": "RetainExceptOnCreate"})
	}
	made.has(t, "AWS::RDS::DBCluster", map[string]any{
		"Engine": "aurora-postgresql", "DatabaseName": "fluxa", "BackupRetentionPeriod": 1, "DeleteAutomatedBackups": false,
		"StorageEncrypted": true, "ManageMasterUserPassword": true, "DeletionProtection": false, "EnableIAMDatabaseAuthentication": true,
		"ServerlessV2ScalingConfiguration": map[string]any{"MinCapacity": 0, "MaxCapacity": 1},
	})
	// A frozen Lambda environment holds its connection, which would keep it awake.
	made.has(t, "AWS::RDS::DBClusterParameterGroup", map[string]any{"Parameters": map[string]any{
		"rds.force_ssl": "1", "statement_timeout": "60000", "idle_session_timeout": "60000",
	}})
	made.has(t, "AWS::RDS::DBInstance", map[string]any{"DBInstanceClass": "db.serverless", "PubliclyAccessible": false, "DBInstanceIdentifier": "db-writer"})
	made.count(t, "AWS::RDS::DBInstance", 1)
	made.count(t, "AWS::RDS::DBProxy", 0)
	if settings := database.Settings("reader", 3); settings != database.DirectSettings("reader", 3) || settings.CAFile == "" {
		t.Errorf("without a proxy the functions reach %+v", settings)
	}
}

func TestEventCluster_keeps_connections_that_it_need_not_end(t *testing.T) {
	stack := newStack(t)
	props := clusterProps(testNetwork(stack))
	props.MinimumACU, props.MaximumACU, props.Proxy, props.Readers, props.Standby = 2, 8, true, 2, true
	database := NewEventCluster(stack, "Database", &props)
	made := templateOf(stack)
	for _, group := range *made.FindResources(text("AWS::RDS::DBClusterParameterGroup"), nil) {
		if values := (*group)["Properties"].(map[string]any)["Parameters"].(map[string]any); values["idle_session_timeout"] != "0" {
			t.Errorf("the sessions of the proxy end: %v", values)
		}
	}
	// Each is as large as the writer.
	made.has(t, "AWS::RDS::DBInstance", map[string]any{"DBInstanceIdentifier": "db-reader1", "PromotionTier": 1, "EnablePerformanceInsights": true})
	made.has(t, "AWS::RDS::DBInstance", map[string]any{"DBInstanceIdentifier": "db-reader2", "PromotionTier": 1})
	made.has(t, "AWS::RDS::DBProxy", map[string]any{"DBProxyName": "db", "RequireTLS": true})
	if settings := database.Settings("reader", 1); settings.Host != *database.Proxy.Endpoint() || settings.CAFile != "" {
		t.Errorf("the functions reach %+v", settings)
	}
	if settings := database.ReadSettings("reader", 1); settings.Host != *database.Cluster.ClusterReadEndpoint().Hostname() || settings.CAFile == "" {
		t.Errorf("query reaches %+v", settings)
	}
	if host := database.DirectSettings("reader", 1).Host; host != *database.Cluster.ClusterEndpoint().Hostname() {
		t.Errorf("the migration reaches %s", host)
	}
}

func TestEventCluster_s_metrics_are_those_of_the_cluster(t *testing.T) {
	stack := newStack(t)
	props := clusterProps(testNetwork(stack))
	database := NewEventCluster(stack, "Database", &props)
	measures(t, database.MetricCPU(), "AWS/RDS CPUUtilization Maximum")
	measures(t, database.MetricConnections(), "AWS/RDS DatabaseConnections Maximum")
	measures(t, database.MetricFreeMemory(), "AWS/RDS FreeableMemory Minimum")
	measures(t, database.MetricCapacity(), "AWS/RDS ACUUtilization Maximum")
	measures(t, database.MetricReplicaLag(), "AWS/RDS AuroraReplicaLagMaximum Maximum")
}

func TestEventCluster_s_alarms_are_on_what_it_can_run_out_of(t *testing.T) {
	stack := newStack(t)
	cluster := clusterProps(testNetwork(stack))
	cluster.Readers = 1
	props := alarmPropsOf(stack, NewEventCluster(stack, "Cluster", &cluster))
	panics(t, "Alarms: DatabaseCapacityPercent must be 1 to 100, got 0", func() { NewAlarms(stack, "Refused", &props) })
	props.DatabaseCapacityPercent = 85
	NewAlarms(stack, "Alarms", &props)
	made := templateOf(stack)
	made.has(t, "AWS::CloudWatch::Alarm", map[string]any{"AlarmName": "app-database-capacity", "Threshold": 85})
	made.has(t, "AWS::CloudWatch::Alarm", map[string]any{"AlarmName": "app-database-replica-lag", "Threshold": 2000})
	made.has(t, "AWS::CloudWatch::Alarm", map[string]any{
		"AlarmName": "app-database-memory", "Threshold": 64 << 20, "ComparisonOperator": "LessThanThreshold", "TreatMissingData": "notBreaching",
	})
	free := map[string]any{"Properties": map[string]any{"AlarmName": "app-database-storage"}}
	if found := *made.FindResources(text("AWS::CloudWatch::Alarm"), free); len(found) > 0 {
		t.Errorf("a cluster has no free storage to watch: %v", found)
	}
}

func TestEventCluster_s_events_are_heard_of_wherever_the_writer_is(t *testing.T) {
	stack := newStack(t)
	cluster := clusterProps(testNetwork(stack))
	cluster.MinimumACU, cluster.MaximumACU, cluster.Readers, cluster.Proxy = 1, 2, 2, true
	props := alarmPropsOf(stack, NewEventCluster(stack, "Cluster", &cluster))
	props.DatabaseCapacityPercent = 85
	NewAlarms(stack, "Alarms", &props)
	made := templateOf(stack)
	made.has(t, "AWS::RDS::EventSubscription", map[string]any{
		"SubscriptionName": "app-database-events", "SourceType": "db-cluster", "EventCategories": []any{"failover", "failure", "maintenance"},
	})
	made.has(t, "AWS::RDS::EventSubscription", map[string]any{"SubscriptionName": "app-proxy-events", "SourceType": "db-proxy"})
	members := map[string]any{"Properties": map[string]any{"SubscriptionName": "app-database-instance-events", "SourceType": "db-instance"}}
	for _, found := range *made.FindResources(text("AWS::RDS::EventSubscription"), members) {
		properties := (*found)["Properties"].(map[string]any)
		if sources := properties["SourceIds"].([]any); len(sources) != 3 {
			t.Errorf("the events are those of %v, want the writer and two readers", sources)
		}
		// Pauses of an idle cluster are notifications.
		if categories := properties["EventCategories"].([]any); slices.Contains(categories, any("notification")) {
			t.Errorf("somebody is told of %v", categories)
		}
		return
	}
	t.Error("nobody hears of the events of instances")
}
