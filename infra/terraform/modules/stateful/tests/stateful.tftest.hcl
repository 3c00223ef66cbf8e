# Written by make terraform-export from the CDK app. Changes are made there.

# terraform test, from 1.7 on, plans the module with a mocked provider. Nothing is created.
mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b", "us-east-1c"] }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }

  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
}

variables {}

run "plans_as_in_dev" {
  command = plan

  variables {
    database_adopted_host        = null
    database_adopted_name        = null
    database_adopted_resource_id = null
    database_adopted_secret_arn  = null
    database_backup_days         = 1
    database_delete_backups      = true
    database_deletion_protection = false
    database_engine_version      = "17"
    database_instance_class      = "db.t4g.micro"
    database_max_storage_gib     = 100
    database_multi_az            = false
    database_proxy               = false
    database_storage_gib         = 20
    environment                  = "dev"
    events_export_retention_days = 36600
    logs_retention_days          = 14
    name_prefix                  = ""
    network_availability_zones   = 2
    network_cidr                 = "10.20.0.0/16"
    network_endpoint_zones       = 1
    network_flow_logs            = false
    network_zones                = []
    payloads_access_logs         = false
    payloads_days                = 66
    payloads_glacier_days        = 30
    payloads_old_version_days    = 7
    retain_data                  = false
    tags                         = {}
  }

  assert {
    condition     = length(aws_s3_bucket.payloads_access_logs) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket.payloads_access_logs must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_s3_bucket_server_side_encryption_configuration.payloads_access_logs) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket_server_side_encryption_configuration.payloads_access_logs must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_s3_bucket_ownership_controls.payloads_access_logs) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket_ownership_controls.payloads_access_logs must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_s3_bucket_public_access_block.payloads_access_logs) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket_public_access_block.payloads_access_logs must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.payloads_access_logs) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket_lifecycle_configuration.payloads_access_logs must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_s3_bucket_policy.payloads_access_logs) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket_policy.payloads_access_logs must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_s3_bucket_logging.payloads) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket_logging.payloads must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.database_from_database_proxy) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_vpc_security_group_ingress_rule.database_from_database_proxy must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_iam_role.database_proxy) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_iam_role.database_proxy must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_iam_role_policy.database_proxy) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_iam_role_policy.database_proxy must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_security_group.database_proxy) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_security_group.database_proxy must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.database_proxy_from_clients_5432) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_vpc_security_group_ingress_rule.database_proxy_from_clients_5432 must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.database_proxy_to_database) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_vpc_security_group_egress_rule.database_proxy_to_database must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_db_proxy.database) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_db_proxy.database must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_db_proxy_default_target_group.database) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_db_proxy_default_target_group.database must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_db_proxy_target.database) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_db_proxy_target.database must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.flow_log) == (var.network_flow_logs ? 1 : 0)
    error_message = "The number of aws_cloudwatch_log_group.flow_log must follow from var.network_flow_logs."
  }

  assert {
    condition     = length(aws_subnet.isolated) == var.network_availability_zones
    error_message = "The number of aws_subnet.isolated must follow from var.network_availability_zones."
  }

  assert {
    condition     = length(aws_route_table.isolated) == var.network_availability_zones
    error_message = "The number of aws_route_table.isolated must follow from var.network_availability_zones."
  }

  assert {
    condition     = length(aws_route_table_association.isolated) == var.network_availability_zones
    error_message = "The number of aws_route_table_association.isolated must follow from var.network_availability_zones."
  }

  assert {
    condition     = length(aws_iam_role.flow_logs) == (var.network_flow_logs ? 1 : 0)
    error_message = "The number of aws_iam_role.flow_logs must follow from var.network_flow_logs."
  }

  assert {
    condition     = length(aws_iam_role_policy.flow_logs) == (var.network_flow_logs ? 1 : 0)
    error_message = "The number of aws_iam_role_policy.flow_logs must follow from var.network_flow_logs."
  }

  assert {
    condition     = length(aws_flow_log.flow_logs) == (var.network_flow_logs ? 1 : 0)
    error_message = "The number of aws_flow_log.flow_logs must follow from var.network_flow_logs."
  }
}

run "plans_as_in_prod" {
  command = plan

  variables {
    database_adopted_host        = null
    database_adopted_name        = null
    database_adopted_resource_id = null
    database_adopted_secret_arn  = null
    database_backup_days         = 14
    database_delete_backups      = false
    database_deletion_protection = true
    database_engine_version      = "17"
    database_instance_class      = "db.m7g.large"
    database_max_storage_gib     = 1000
    database_multi_az            = true
    database_proxy               = true
    database_storage_gib         = 100
    environment                  = "prod"
    events_export_retention_days = 36600
    logs_retention_days          = 90
    name_prefix                  = ""
    network_availability_zones   = 3
    network_cidr                 = "10.30.0.0/16"
    network_endpoint_zones       = 3
    network_flow_logs            = true
    network_zones                = ["us-east-1a", "us-east-1b", "us-east-1c"]
    payloads_access_logs         = true
    payloads_days                = 36600
    payloads_glacier_days        = 90
    payloads_old_version_days    = 30
    retain_data                  = true
    tags                         = {}
  }

  assert {
    condition     = length(aws_s3_bucket.payloads_access_logs) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket.payloads_access_logs must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_s3_bucket_server_side_encryption_configuration.payloads_access_logs) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket_server_side_encryption_configuration.payloads_access_logs must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_s3_bucket_ownership_controls.payloads_access_logs) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket_ownership_controls.payloads_access_logs must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_s3_bucket_public_access_block.payloads_access_logs) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket_public_access_block.payloads_access_logs must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.payloads_access_logs) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket_lifecycle_configuration.payloads_access_logs must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_s3_bucket_policy.payloads_access_logs) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket_policy.payloads_access_logs must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_s3_bucket_logging.payloads) == (var.payloads_access_logs ? 1 : 0)
    error_message = "The number of aws_s3_bucket_logging.payloads must follow from var.payloads_access_logs."
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.database_from_database_proxy) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_vpc_security_group_ingress_rule.database_from_database_proxy must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_iam_role.database_proxy) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_iam_role.database_proxy must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_iam_role_policy.database_proxy) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_iam_role_policy.database_proxy must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_security_group.database_proxy) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_security_group.database_proxy must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.database_proxy_from_clients_5432) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_vpc_security_group_ingress_rule.database_proxy_from_clients_5432 must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.database_proxy_to_database) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_vpc_security_group_egress_rule.database_proxy_to_database must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_db_proxy.database) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_db_proxy.database must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_db_proxy_default_target_group.database) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_db_proxy_default_target_group.database must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_db_proxy_target.database) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_db_proxy_target.database must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.flow_log) == (var.network_flow_logs ? 1 : 0)
    error_message = "The number of aws_cloudwatch_log_group.flow_log must follow from var.network_flow_logs."
  }

  assert {
    condition     = length(aws_subnet.isolated) == var.network_availability_zones
    error_message = "The number of aws_subnet.isolated must follow from var.network_availability_zones."
  }

  assert {
    condition     = length(aws_route_table.isolated) == var.network_availability_zones
    error_message = "The number of aws_route_table.isolated must follow from var.network_availability_zones."
  }

  assert {
    condition     = length(aws_route_table_association.isolated) == var.network_availability_zones
    error_message = "The number of aws_route_table_association.isolated must follow from var.network_availability_zones."
  }

  assert {
    condition     = length(aws_iam_role.flow_logs) == (var.network_flow_logs ? 1 : 0)
    error_message = "The number of aws_iam_role.flow_logs must follow from var.network_flow_logs."
  }

  assert {
    condition     = length(aws_iam_role_policy.flow_logs) == (var.network_flow_logs ? 1 : 0)
    error_message = "The number of aws_iam_role_policy.flow_logs must follow from var.network_flow_logs."
  }

  assert {
    condition     = length(aws_flow_log.flow_logs) == (var.network_flow_logs ? 1 : 0)
    error_message = "The number of aws_flow_log.flow_logs must follow from var.network_flow_logs."
  }
}

run "refuses_what_cannot_be" {
  command = plan

  variables {
    database_adopted_host        = "db.example.com"
    database_adopted_name        = "fluxa.prod"
    database_adopted_resource_id = "fluxa-prod"
    database_adopted_secret_arn  = "secret"
    database_backup_days         = 0
    database_delete_backups      = true
    database_deletion_protection = false
    database_engine_version      = "17.4"
    database_instance_class      = "t4g.micro"
    database_max_storage_gib     = 21
    database_multi_az            = false
    database_proxy               = false
    database_storage_gib         = 19
    environment                  = "load--test"
    events_export_retention_days = 0
    logs_retention_days          = 15
    name_prefix                  = "acme"
    network_availability_zones   = 1
    network_cidr                 = "10.0.0.0/23"
    network_endpoint_zones       = 4
    network_flow_logs            = false
    network_zones                = ["us-east-1a"]
    payloads_access_logs         = false
    payloads_days                = 0
    payloads_glacier_days        = 0
    payloads_old_version_days    = 0
    retain_data                  = false
    tags                         = {}
  }

  expect_failures = [var.database_adopted_host, var.database_adopted_name, var.database_adopted_resource_id, var.database_adopted_secret_arn, var.database_backup_days, var.database_engine_version, var.database_instance_class, var.database_max_storage_gib, var.database_storage_gib, var.environment, var.events_export_retention_days, var.logs_retention_days, var.name_prefix, var.network_availability_zones, var.network_cidr, var.network_endpoint_zones, var.network_zones, var.payloads_days, var.payloads_glacier_days, var.payloads_old_version_days]
}

run "refuses_a_part_of_another_database" {
  command = plan

  variables {
    database_adopted_host        = "fluxa-prod-restored.c1a2b3c4d5e6.us-east-1.rds.amazonaws.com"
    database_adopted_name        = "fluxa-prod-restored"
    database_adopted_resource_id = "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    database_adopted_secret_arn  = null
    database_backup_days         = 1
    database_delete_backups      = true
    database_deletion_protection = false
    database_engine_version      = "17"
    database_instance_class      = "db.t4g.micro"
    database_max_storage_gib     = 100
    database_multi_az            = false
    database_proxy               = false
    database_storage_gib         = 20
    environment                  = "dev"
    events_export_retention_days = 36600
    logs_retention_days          = 14
    name_prefix                  = ""
    network_availability_zones   = 2
    network_cidr                 = "10.20.0.0/16"
    network_endpoint_zones       = 1
    network_flow_logs            = false
    network_zones                = []
    payloads_access_logs         = false
    payloads_days                = 66
    payloads_glacier_days        = 30
    payloads_old_version_days    = 7
    retain_data                  = false
    tags                         = {}
  }

  expect_failures = [aws_db_instance.database]
}
