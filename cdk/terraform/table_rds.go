package terraform

func rds() []mapping {
	return []mapping{
		databaseInstance(),
		{
			cloudformation: "AWS::RDS::DBParameterGroup", terraform: "aws_db_parameter_group",
			nouns:      []string{"Parameters"},
			attributes: map[string]string{"Ref": "name"},
			properties: []property{
				{from: "DBParameterGroupName", to: "name"},
				{from: "Family", to: "family"},
				{from: "Description", to: "description"},
				{from: "@Retain", to: "skip_destroy"},
				tagged(),
				{from: "Parameters", to: "parameter[]", write: "named_values"},
			},
		},
		{
			cloudformation: "AWS::RDS::DBSubnetGroup", terraform: "aws_db_subnet_group",
			nouns:      []string{"Subnets"},
			attributes: map[string]string{"Ref": "name"},
			properties: []property{
				{from: "DBSubnetGroupName", to: "name"},
				{from: "DBSubnetGroupDescription", to: "description"},
				{from: "SubnetIds", to: "subnet_ids"},
				retained("the deletion protection of the instance keeps the group in use"),
				tagged(),
			},
		},
		{
			cloudformation: "AWS::RDS::DBProxy", terraform: "aws_db_proxy",
			nouns:      []string{"Proxy"},
			readyWith:  map[string][]string{"endpoint": reachable()},
			attributes: map[string]string{"Ref": "name", "Endpoint": "endpoint"},
			properties: []property{
				{from: "DBProxyName", to: "name"},
				{from: "EngineFamily", to: "engine_family"},
				{from: "IdleClientTimeout", to: "idle_client_timeout"},
				{from: "RequireTLS", to: "require_tls"},
				{from: "RoleArn", to: "role_arn"},
				{from: "VpcSecurityGroupIds", to: "vpc_security_group_ids"},
				{from: "VpcSubnetIds", to: "vpc_subnet_ids"},
				tagged(),
				{from: "Auth[].AuthScheme", to: "auth[].auth_scheme"},
				{from: "Auth[].IAMAuth", to: "auth[].iam_auth"},
				{from: "Auth[].SecretArn", to: "auth[].secret_arn"},
			},
		},
		{
			cloudformation: "AWS::RDS::DBProxyTargetGroup", terraform: "aws_db_proxy_default_target_group",
			nouns: []string{"ProxyTargetGroup", "Proxy"},
			properties: []property{
				{from: "DBProxyName", to: "db_proxy_name"},
				{from: "TargetGroupName", left: "the resource is that of the default group", while: "default"},
				{from: "DBInstanceIdentifiers", to: "aws_db_proxy_target:db_instance_identifier", write: "only"},
				{from: "ConnectionPoolConfigurationInfo.ConnectionBorrowTimeout", to: "connection_pool_config{}.connection_borrow_timeout"},
				{from: "ConnectionPoolConfigurationInfo.MaxConnectionsPercent", to: "connection_pool_config{}.max_connections_percent"},
			},
			splits: []split{{terraform: "aws_db_proxy_target", parent: map[string]string{"db_proxy_name": "db_proxy_name", "target_group_name": "name"}}},
		},
	}
}

func databaseInstance() mapping {
	return mapping{
		cloudformation: "AWS::RDS::DBInstance", terraform: "aws_db_instance",
		nouns:     []string{"Instance"},
		readyWith: map[string][]string{"address": reachable()},
		attributes: map[string]string{
			"Ref": "identifier", "Endpoint.Address": "address", "Endpoint.Port": "port",
			"MasterUserSecret.SecretArn": "master_user_secret[0].secret_arn",
		},
		properties: []property{
			{from: "DBInstanceIdentifier", to: "identifier"},
			{from: "Engine", to: "engine"},
			{from: "EngineVersion", to: "engine_version"},
			{from: "DBInstanceClass", to: "instance_class"},
			{from: "DBName", to: "db_name"},
			{from: "Port", to: "port", write: "number"},
			{from: "MasterUsername", to: "username"},
			{from: "ManageMasterUserPassword", to: "manage_master_user_password"},
			{from: "EnableIAMDatabaseAuthentication", to: "iam_database_authentication_enabled"},
			{from: "AllocatedStorage", to: "allocated_storage", write: "number"},
			{from: "MaxAllocatedStorage", to: "max_allocated_storage"},
			{from: "StorageType", to: "storage_type"},
			{from: "StorageEncrypted", to: "storage_encrypted"},
			{from: "MultiAZ", to: "multi_az"},
			{from: "DBSubnetGroupName", to: "db_subnet_group_name"},
			{from: "VPCSecurityGroups", to: "vpc_security_group_ids"},
			{from: "PubliclyAccessible", to: "publicly_accessible"},
			{from: "DBParameterGroupName", to: "parameter_group_name"},
			{from: "CACertificateIdentifier", to: "ca_cert_identifier"},
			{from: "AutoMinorVersionUpgrade", to: "auto_minor_version_upgrade"},
			{from: "BackupRetentionPeriod", to: "backup_retention_period"},
			{from: "DeleteAutomatedBackups", to: "delete_automated_backups"},
			{from: "CopyTagsToSnapshot", to: "copy_tags_to_snapshot"},
			{from: "DeletionProtection", to: "deletion_protection"},
			{from: "@Retain", to: "skip_final_snapshot", write: "not"},
			{from: "@Retain", to: "final_snapshot_identifier", write: "final_snapshot"},
			{from: "EnableCloudwatchLogsExports", to: "enabled_cloudwatch_logs_exports"},
			{from: "EnablePerformanceInsights", to: "performance_insights_enabled"},
			{from: "PerformanceInsightsRetentionPeriod", to: "performance_insights_retention_period"},
			tagged(),
		},
	}
}

// reachable are the resources without which a function cannot reach the database,
// nor the secret with its password. CloudFormation deploys the whole stack of the
// database before that of the functions; Terraform has to be told.
func reachable() []string {
	return []string{"aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule", "aws_vpc_endpoint", "aws_db_proxy_target"}
}
