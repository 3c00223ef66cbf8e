package catalog

import "github.com/fluxa/fluxa/cdk/template"

// clusterInstance names the instances of a cluster, which CloudFormation has as the
// same type as an instance of RDS, and Terraform as one of their own.
const clusterInstance = "AWS::RDS::DBInstance of a cluster"

// TypeOf is the type of the resource, by which the catalog has its entry.
func TypeOf(r *template.Resource) string {
	if r.Type == "AWS::RDS::DBInstance" && r.Properties["DBClusterIdentifier"] != nil {
		return clusterInstance
	}
	return r.Type
}

func rdsCluster() []Type {
	return []Type{
		{
			CloudFormation: "AWS::RDS::DBCluster", Terraform: "aws_rds_cluster",
			Nouns:     []string{"Cluster"},
			ReadyWith: map[string][]string{"endpoint": clusterReachable(), "reader_endpoint": clusterReachable()},
			Attributes: map[string]Attribute{
				"Ref": {Name: "cluster_identifier"}, "Endpoint.Address": {Name: "endpoint"}, "ReadEndpoint.Address": {Name: "reader_endpoint"},
				"Endpoint.Port":              {Name: "port"},
				"DBClusterResourceId":        {Name: "cluster_resource_id"},
				"MasterUserSecret.SecretArn": {Block: "master_user_secret", Name: "secret_arn", Words: "ARN of the password's secret"},
			},
			Properties: []Property{
				{From: prop("DBClusterIdentifier"), To: Attr("cluster_identifier")},
				{From: prop("Engine"), To: Attr("engine")},
				{From: prop("EngineVersion"), To: Attr("engine_version")},
				{From: prop("DatabaseName"), To: Attr("database_name")},
				{From: prop("Port"), To: Attr("port")},
				{From: prop("MasterUsername"), To: Attr("master_username")},
				{From: prop("ManageMasterUserPassword"), To: Attr("manage_master_user_password")},
				{From: prop("EnableIAMDatabaseAuthentication"), To: Attr("iam_database_authentication_enabled")},
				{From: prop("StorageEncrypted"), To: Attr("storage_encrypted")},
				{From: prop("KmsKeyId"), To: Attr("kms_key_id")},
				{From: prop("MasterUserSecret", "KmsKeyId"), To: Attr("master_user_secret_kms_key_id")},
				{From: prop("DBSubnetGroupName"), To: Attr("db_subnet_group_name")},
				{From: prop("VpcSecurityGroupIds"), To: Attr("vpc_security_group_ids")},
				{From: prop("DBClusterParameterGroupName"), To: Attr("db_cluster_parameter_group_name")},
				{From: prop("BackupRetentionPeriod"), To: Attr("backup_retention_period")},
				{From: prop("PreferredBackupWindow"), To: Attr("preferred_backup_window")},
				{From: prop("PreferredMaintenanceWindow"), To: Attr("preferred_maintenance_window")},
				{From: prop("DeleteAutomatedBackups"), To: Attr("delete_automated_backups")},
				{From: prop("CopyTagsToSnapshot"), To: Attr("copy_tags_to_snapshot")},
				{From: prop("DeletionProtection"), To: Attr("deletion_protection")},
				{From: prop(Retain), To: Attr("skip_final_snapshot"), Write: negated()},
				{From: prop(Retain), To: Attr("final_snapshot_identifier"), Write: finalSnapshot("DBClusterIdentifier", "VpcSecurityGroupIds")},
				{From: prop("EnableCloudwatchLogsExports"), To: Attr("enabled_cloudwatch_logs_exports")},
				{From: prop("ServerlessV2ScalingConfiguration", "MinCapacity"), To: Block("serverlessv2_scaling_configuration").Attr("min_capacity")},
				{From: prop("ServerlessV2ScalingConfiguration", "MaxCapacity"), To: Block("serverlessv2_scaling_configuration").Attr("max_capacity")},
				tagged(),
			},
			Always: []Fixed{{
				"apply_immediately", true, "as of an instance: an upgrade left to the maintenance window would leave the old parameter group in use when Terraform deletes it",
			}, {
				// Upgrading the Aurora PostgreSQL engine to a new major version,
				// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_UpgradeDBInstance.Upgrading.Manual.html
				"allow_major_version_upgrade", true, "RDS refuses the next database_engine_version without it",
			}},
		},
		{
			CloudFormation: clusterInstance, Terraform: "aws_rds_cluster_instance",
			Attributes: map[string]Attribute{"Ref": {Name: "identifier"}},
			Properties: []Property{
				{From: prop("DBInstanceIdentifier"), To: Attr("identifier")},
				{From: prop("DBClusterIdentifier"), To: Attr("cluster_identifier")},
				{From: prop("Engine"), To: Attr("engine")},
				{From: prop("DBInstanceClass"), To: Attr("instance_class")},
				{From: prop("PromotionTier"), To: Attr("promotion_tier")},
				{From: prop("PubliclyAccessible"), To: Attr("publicly_accessible")},
				{From: prop("CACertificateIdentifier"), To: Attr("ca_cert_identifier")},
				{From: prop("AutoMinorVersionUpgrade"), To: Attr("auto_minor_version_upgrade")},
				{From: prop("EnablePerformanceInsights"), To: Attr("performance_insights_enabled")},
				{From: prop("PerformanceInsightsRetentionPeriod"), To: Attr("performance_insights_retention_period")},
				{From: prop("PerformanceInsightsKMSKeyId"), To: Attr("performance_insights_kms_key_id")},
				retained("the deletion protection of the cluster keeps the last instance"),
				tagged(),
			},
		},
		{
			CloudFormation: "AWS::RDS::DBClusterParameterGroup", Terraform: "aws_rds_cluster_parameter_group",
			Nouns:        []string{"ClusterParameters"},
			Attributes:   map[string]Attribute{"Ref": {Name: "name"}},
			ReplaceFirst: true, // as that of an instance
			Properties: []Property{
				{From: prop("DBClusterParameterGroupName"), To: Attr("name")},
				{From: prop("Family"), To: Attr("family")},
				{From: prop("Description"), To: Attr("description")},
				retained("the cluster that uses the group keeps it"),
				tagged(),
				{From: prop("Parameters"), To: Blocks("parameter"), Write: namedValues()},
			},
		},
	}
}

// clusterReachable are the resources without which a function cannot reach the
// cluster: one without an instance answers nobody.
func clusterReachable() []string { return append(reachable(), "aws_rds_cluster_instance") }
