package stack_test

import "testing"

func TestAurora_is_a_cluster_of_the_stage_s_size_in_the_isolated_subnets(t *testing.T) {
	a := paused(t).assert(t, data)
	a.has(t, "AWS::RDS::DBCluster", object{
		"DBClusterIdentifier": "fluxa-paused", "Engine": "aurora-postgresql", "StorageEncrypted": true, "ManageMasterUserPassword": true,
		"ServerlessV2ScalingConfiguration": object{"MinCapacity": 0, "MaxCapacity": 1},
		"BackupRetentionPeriod":            1, "DeletionProtection": false, "EnableCloudwatchLogsExports": []any{"postgresql"},
	})
	a.count(t, "AWS::RDS::DBInstance", 2)
	a.has(t, "AWS::RDS::DBInstance", object{"DBInstanceClass": "db.serverless", "PubliclyAccessible": false, "CACertificateIdentifier": "rds-ca-rsa2048-g1"})
	a.has(t, "AWS::Logs::LogGroup", object{"LogGroupName": "/aws/rds/cluster/fluxa-paused/postgresql", "RetentionInDays": 14})
	a.has(t, "AWS::RDS::DBClusterParameterGroup", object{"Family": "aurora-postgresql17", "Parameters": like(object{
		"rds.force_ssl": "1", "log_parameter_max_length": "0", "idle_session_timeout": "60000",
	})})
	stack := paused(t).stacks[data]
	same(t, "waits for", stack.at(t, "Database/Cluster").dependsOn(), []string{"Database/postgresqlLog"})
	group := stack.at(t, "Database/InstanceAccess")
	same(t, group, group.plain("SecurityGroupEgress"), nobody())
}

func TestAurora_s_readers_serve_query_and_its_writer_all_others(t *testing.T) {
	t.Parallel()
	const writer, reader = "${Data/Database/Cluster.Endpoint.Address}", "${Data/Database/Cluster.ReadEndpoint.Address}"
	for name, want := range map[string]string{"Processor": writer, "Query": reader, "Migrate": writer, "Maintain": writer} {
		function := paused(t).stacks[pipeline].at(t, name+"/Function")
		same(t, function, function.plain("Environment", "Variables", "DB_HOST"), want)
		// The certificates of a cluster are signed by RDS's own authority too.
		same(t, function, function.plain("Environment", "Variables", "DB_CA_FILE"), "/var/task/rds-ca.pem")
	}
}

func TestAurora_goes_with_its_stack_where_data_does(t *testing.T) {
	a := paused(t).assert(t, data)
	for _, kind := range []string{"AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::RDS::DBClusterParameterGroup"} {
		a.is(t, kind, object{"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"})
	}
}

func TestAurora_alarms_on_its_capacity_and_not_on_storage_that_grows_by_itself(t *testing.T) {
	a := paused(t).assert(t, observability)
	a.has(t, "AWS::CloudWatch::Alarm", object{"AlarmName": "fluxa-database-capacity-paused", "Threshold": 90})
	a.has(t, "AWS::CloudWatch::Alarm", object{"AlarmName": "fluxa-database-replica-lag-paused"})
	for _, alarm := range paused(t).stacks[observability].all("AWS::CloudWatch::Alarm") {
		if alarm.plain("AlarmName") == "fluxa-database-storage-paused" {
			t.Errorf("%s: there is no free storage to watch", alarm)
		}
	}
}
