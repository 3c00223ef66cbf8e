package catalog

func rds() []Type {
	return []Type{
		databaseInstance(),
		databaseEvents(),
		{
			CloudFormation: "AWS::RDS::DBParameterGroup", Terraform: "aws_db_parameter_group",
			Nouns:      []string{"Parameters"},
			Attributes: map[string]Attribute{"Ref": {Name: "name"}},
			// The group in use cannot be deleted: an upgrade makes the next one first.
			ReplaceFirst: true,
			Properties: []Property{
				{From: prop("DBParameterGroupName"), To: Attr("name")},
				{From: prop("Family"), To: Attr("family")},
				{From: prop("Description"), To: Attr("description")},
				{From: prop(Retain), To: Attr("skip_destroy")},
				tagged(),
				{From: prop("Parameters"), To: Blocks("parameter"), Write: namedValues()},
			},
		},
		{
			CloudFormation: "AWS::RDS::DBSubnetGroup", Terraform: "aws_db_subnet_group",
			Nouns:      []string{"Subnets"},
			Attributes: map[string]Attribute{"Ref": {Name: "name"}},
			Properties: []Property{
				{From: prop("DBSubnetGroupName"), To: Attr("name")},
				{From: prop("DBSubnetGroupDescription"), To: Attr("description")},
				{From: prop("SubnetIds"), To: Attr("subnet_ids")},
				retained("the deletion protection of the instance keeps the group in use"),
				tagged(),
			},
		},
		{
			CloudFormation: "AWS::RDS::DBProxy", Terraform: "aws_db_proxy",
			Nouns:      []string{"Proxy"},
			ReadyWith:  map[string][]string{"endpoint": reachable()},
			Attributes: map[string]Attribute{"Ref": {Name: "name"}, "Endpoint": {Name: "endpoint"}, "DBProxyArn": {Name: "arn"}},
			Properties: []Property{
				{From: prop("DBProxyName"), To: Attr("name")},
				{From: prop("EngineFamily"), To: Attr("engine_family")},
				{From: prop("IdleClientTimeout"), To: Attr("idle_client_timeout")},
				{From: prop("RequireTLS"), To: Attr("require_tls")},
				{From: prop("RoleArn"), To: Attr("role_arn")},
				{From: prop("VpcSecurityGroupIds"), To: Attr("vpc_security_group_ids")},
				{From: prop("VpcSubnetIds"), To: Attr("vpc_subnet_ids")},
				tagged(),
				{From: prop("DefaultAuthScheme"), To: Attr("default_auth_scheme")},
			},
		},
		{
			CloudFormation: "AWS::RDS::DBProxyTargetGroup", Terraform: "aws_db_proxy_default_target_group",
			Nouns: []string{"ProxyTargetGroup", "Proxy"},
			Properties: []Property{
				{From: prop("DBProxyName"), To: Attr("db_proxy_name")},
				{From: prop("TargetGroupName"), Omitted: "the resource is that of the default group", While: "default"},
				{From: prop("DBInstanceIdentifiers"), To: At("aws_db_proxy_target").Attr("db_instance_identifier"), Write: onlyElement()},
				{From: prop("DBClusterIdentifiers"), To: At("aws_db_proxy_target").Attr("db_cluster_identifier"), Write: onlyElement()},
				{From: prop("ConnectionPoolConfigurationInfo", "ConnectionBorrowTimeout"), To: Block("connection_pool_config").Attr("connection_borrow_timeout")},
				{From: prop("ConnectionPoolConfigurationInfo", "MaxConnectionsPercent"), To: Block("connection_pool_config").Attr("max_connections_percent")},
			},
			Splits: []Split{{Terraform: "aws_db_proxy_target", Parent: map[string]string{"db_proxy_name": "db_proxy_name", "target_group_name": "name"}}},
		},
	}
}

func databaseEvents() Type {
	return Type{
		CloudFormation: "AWS::RDS::EventSubscription", Terraform: "aws_db_event_subscription",
		Properties: []Property{
			{From: prop("SubscriptionName"), To: Attr("name")},
			{From: prop("SnsTopicArn"), To: Attr("sns_topic")},
			{From: prop("SourceType"), To: Attr("source_type")},
			{From: prop("SourceIds"), To: Attr("source_ids")},
			{From: prop("EventCategories"), To: Attr("event_categories")},
			{From: prop("Enabled"), To: Attr("enabled")},
			tagged(),
		},
	}
}

func databaseInstance() Type {
	return Type{
		CloudFormation: "AWS::RDS::DBInstance", Terraform: "aws_db_instance",
		Nouns:     []string{"Instance"},
		ReadyWith: map[string][]string{"address": reachable()},
		Attributes: map[string]Attribute{
			"Ref":                        {Name: "identifier", Instead: "database_adopted_name"},
			"Endpoint.Address":           {Name: "address", Instead: "database_adopted_host"},
			"Endpoint.Port":              {Name: "port"},
			"DbiResourceId":              {Name: "resource_id", Instead: "database_adopted_resource_id"},
			"MasterUserSecret.SecretArn": {Block: "master_user_secret", Name: "secret_arn", Words: "ARN of the password's secret", Instead: "database_adopted_secret_arn"},
		},
		Properties: []Property{
			{From: prop("DBInstanceIdentifier"), To: Attr("identifier")},
			{From: prop("Engine"), To: Attr("engine")},
			{From: prop("EngineVersion"), To: Attr("engine_version")},
			{From: prop("AllowMajorVersionUpgrade"), To: Attr("allow_major_version_upgrade")},
			{From: prop("DBInstanceClass"), To: Attr("instance_class")},
			{From: prop("DBName"), To: Attr("db_name")},
			{From: prop("Port"), To: Attr("port"), Write: asNumber()},
			{From: prop("MasterUsername"), To: Attr("username")},
			{From: prop("ManageMasterUserPassword"), To: Attr("manage_master_user_password")},
			{From: prop("EnableIAMDatabaseAuthentication"), To: Attr("iam_database_authentication_enabled")},
			{From: prop("AllocatedStorage"), To: Attr("allocated_storage"), Write: asNumber()},
			{From: prop("MaxAllocatedStorage"), To: Attr("max_allocated_storage")},
			{From: prop("StorageType"), To: Attr("storage_type")},
			{From: prop("StorageEncrypted"), To: Attr("storage_encrypted")},
			{From: prop("KmsKeyId"), To: Attr("kms_key_id")},
			{From: prop("MasterUserSecret", "KmsKeyId"), To: Attr("master_user_secret_kms_key_id")},
			{From: prop("MultiAZ"), To: Attr("multi_az")},
			{From: prop("DBSubnetGroupName"), To: Attr("db_subnet_group_name")},
			{From: prop("VPCSecurityGroups"), To: Attr("vpc_security_group_ids")},
			{From: prop("PubliclyAccessible"), To: Attr("publicly_accessible")},
			{From: prop("DBParameterGroupName"), To: Attr("parameter_group_name")},
			{From: prop("CACertificateIdentifier"), To: Attr("ca_cert_identifier")},
			{From: prop("AutoMinorVersionUpgrade"), To: Attr("auto_minor_version_upgrade")},
			{From: prop("BackupRetentionPeriod"), To: Attr("backup_retention_period")},
			{From: prop("PreferredBackupWindow"), To: Attr("backup_window")},
			{From: prop("PreferredMaintenanceWindow"), To: Attr("maintenance_window")},
			{From: prop("DeleteAutomatedBackups"), To: Attr("delete_automated_backups")},
			{From: prop("CopyTagsToSnapshot"), To: Attr("copy_tags_to_snapshot")},
			{From: prop("DeletionProtection"), To: Attr("deletion_protection")},
			{From: prop(Retain), To: Attr("skip_final_snapshot"), Write: negated()},
			{From: prop(Retain), To: Attr("final_snapshot_identifier"), Write: finalSnapshot("DBInstanceIdentifier", "VPCSecurityGroups")},
			{From: prop("EnableCloudwatchLogsExports"), To: Attr("enabled_cloudwatch_logs_exports")},
			{From: prop("EnablePerformanceInsights"), To: Attr("performance_insights_enabled")},
			{From: prop("PerformanceInsightsRetentionPeriod"), To: Attr("performance_insights_retention_period")},
			{From: prop("PerformanceInsightsKMSKeyId"), To: Attr("performance_insights_kms_key_id")},
			tagged(),
		},
		Always: []Fixed{{
			// AWS::RDS::DBInstance, ApplyImmediately,
			// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
			"apply_immediately", true, "CloudFormation's default is true, and the provider's false; left to the maintenance window, " +
				"an upgrade would leave the old parameter group in use when Terraform deletes it",
		}},
	}
}

// reachable are the resources without which a function cannot reach the database,
// nor the secret with its password. CloudFormation deploys the whole stack of the
// database before that of the functions; Terraform has to be told.
func reachable() []string {
	return []string{"aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule", "aws_vpc_endpoint", "aws_db_proxy_target"}
}
