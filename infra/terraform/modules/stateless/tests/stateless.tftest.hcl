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

variables {
  clients_security_group_id       = "clients_security_group_id"
  database_db_instance_address    = "database_db_instance_address"
  database_db_instance_identifier = "database_db_instance_identifier"
  database_db_instance_secret_arn = "arn:aws:service:us-east-1:123456789012:database_db_instance_secret_arn"
  database_db_proxy_endpoint      = "database_db_proxy_endpoint"
  isolated_subnet_ids             = ["isolated_subnet_ids-1", "isolated_subnet_ids-2"]
  lambda_ingest_zip_path          = "tests/empty.zip"
  lambda_maintain_zip_path        = "tests/empty.zip"
  lambda_migrate_zip_path         = "tests/empty.zip"
  lambda_processor_zip_path       = "tests/empty.zip"
  lambda_query_zip_path           = "tests/empty.zip"
  payloads_s3_bucket_arn          = "arn:aws:service:us-east-1:123456789012:payloads_s3_bucket_arn"
  payloads_s3_bucket_id           = "payloads_s3_bucket_id"
}

run "plans_as_in_dev" {
  command = plan

  variables {
    alarms_api_5xx_percent                  = 5
    alarms_concurrency_percent              = 90
    alarms_database_connections_percent     = 80
    alarms_database_cpu_percent             = 90
    alarms_database_free_storage_gib        = 4
    alarms_dlq_depth                        = 1
    alarms_end_to_end_p99_ms                = 30000
    alarms_error_rate_percent               = 5
    alarms_queue_age_seconds                = 300
    alarms_throttles                        = 5
    api_burst                               = 100
    api_firewall                            = false
    api_firewall_rate_per_5_minutes         = null
    api_rate_per_second                     = 50
    canary_releases                         = false
    database_connections                    = 78
    database_max_storage_gib                = 100
    database_proxy                          = false
    environment                             = "dev"
    events_retention_days                   = 30
    functions_ingest_memory_mib             = 512
    functions_ingest_reserved_concurrency   = null
    functions_ingest_timeout_seconds        = 15
    functions_maintain_memory_mib           = 256
    functions_maintain_timeout_seconds      = 300
    functions_migrate_memory_mib            = 256
    functions_migrate_timeout_seconds       = 300
    functions_processor_maximum_concurrency = 5
    functions_processor_memory_mib          = 1024
    functions_processor_timeout_seconds     = 30
    functions_query_memory_mib              = 512
    functions_query_reserved_concurrency    = 10
    functions_query_timeout_seconds         = 15
    logs_level                              = "info"
    logs_retention_days                     = 14
    queue_batch_size                        = 10
    queue_batch_window_seconds              = 0
    retain_data                             = false
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.ingest_release_errors) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_cloudwatch_metric_alarm.ingest_release_errors must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_iam_role.ingest_release_canary) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_iam_role.ingest_release_canary must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.ingest_release_canary) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_iam_role_policy_attachment.ingest_release_canary must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_codedeploy_deployment_group.ingest) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_codedeploy_deployment_group.ingest must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.processor_release_errors) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_cloudwatch_metric_alarm.processor_release_errors must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_iam_role.processor_release_canary) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_iam_role.processor_release_canary must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.processor_release_canary) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_iam_role_policy_attachment.processor_release_canary must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_codedeploy_deployment_group.processor) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_codedeploy_deployment_group.processor must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.query_release_errors) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_cloudwatch_metric_alarm.query_release_errors must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_iam_role.query_release_canary) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_iam_role.query_release_canary must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.query_release_canary) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_iam_role_policy_attachment.query_release_canary must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_codedeploy_deployment_group.query) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_codedeploy_deployment_group.query must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_codedeploy_app.canaries) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_codedeploy_app.canaries must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.api_errors) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_cloudwatch_metric_alarm.api_errors must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.firewall) == (var.api_firewall ? 1 : 0)
    error_message = "The number of aws_wafv2_web_acl.firewall must follow from var.api_firewall."
  }

  assert {
    condition     = length(aws_wafv2_web_acl_association.firewall) == (var.api_firewall ? 1 : 0)
    error_message = "The number of aws_wafv2_web_acl_association.firewall must follow from var.api_firewall."
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.firewall) == (var.api_firewall ? 1 : 0)
    error_message = "The number of aws_cloudwatch_log_group.firewall must follow from var.api_firewall."
  }

  assert {
    condition     = length(aws_wafv2_web_acl_logging_configuration.firewall) == (var.api_firewall ? 1 : 0)
    error_message = "The number of aws_wafv2_web_acl_logging_configuration.firewall must follow from var.api_firewall."
  }
}

run "plans_as_in_prod" {
  command = plan

  variables {
    alarms_api_5xx_percent                  = 1
    alarms_concurrency_percent              = 80
    alarms_database_connections_percent     = 80
    alarms_database_cpu_percent             = 80
    alarms_database_free_storage_gib        = 20
    alarms_dlq_depth                        = 1
    alarms_end_to_end_p99_ms                = 10000
    alarms_error_rate_percent               = 1
    alarms_queue_age_seconds                = 120
    alarms_throttles                        = 1
    api_burst                               = 2000
    api_firewall                            = true
    api_firewall_rate_per_5_minutes         = 60000
    api_rate_per_second                     = 1000
    canary_releases                         = true
    database_connections                    = 630
    database_max_storage_gib                = 1000
    database_proxy                          = true
    environment                             = "prod"
    events_retention_days                   = 0
    functions_ingest_memory_mib             = 1024
    functions_ingest_reserved_concurrency   = 200
    functions_ingest_timeout_seconds        = 15
    functions_maintain_memory_mib           = 256
    functions_maintain_timeout_seconds      = 300
    functions_migrate_memory_mib            = 256
    functions_migrate_timeout_seconds       = 300
    functions_processor_maximum_concurrency = 50
    functions_processor_memory_mib          = 1024
    functions_processor_timeout_seconds     = 30
    functions_query_memory_mib              = 512
    functions_query_reserved_concurrency    = 100
    functions_query_timeout_seconds         = 15
    logs_level                              = "info"
    logs_retention_days                     = 90
    queue_batch_size                        = 100
    queue_batch_window_seconds              = 1
    retain_data                             = true
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.ingest_release_errors) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_cloudwatch_metric_alarm.ingest_release_errors must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_iam_role.ingest_release_canary) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_iam_role.ingest_release_canary must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.ingest_release_canary) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_iam_role_policy_attachment.ingest_release_canary must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_codedeploy_deployment_group.ingest) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_codedeploy_deployment_group.ingest must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.processor_release_errors) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_cloudwatch_metric_alarm.processor_release_errors must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_iam_role.processor_release_canary) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_iam_role.processor_release_canary must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.processor_release_canary) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_iam_role_policy_attachment.processor_release_canary must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_codedeploy_deployment_group.processor) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_codedeploy_deployment_group.processor must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.query_release_errors) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_cloudwatch_metric_alarm.query_release_errors must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_iam_role.query_release_canary) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_iam_role.query_release_canary must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.query_release_canary) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_iam_role_policy_attachment.query_release_canary must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_codedeploy_deployment_group.query) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_codedeploy_deployment_group.query must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_codedeploy_app.canaries) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_codedeploy_app.canaries must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.api_errors) == (var.canary_releases ? 1 : 0)
    error_message = "The number of aws_cloudwatch_metric_alarm.api_errors must follow from var.canary_releases."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.firewall) == (var.api_firewall ? 1 : 0)
    error_message = "The number of aws_wafv2_web_acl.firewall must follow from var.api_firewall."
  }

  assert {
    condition     = length(aws_wafv2_web_acl_association.firewall) == (var.api_firewall ? 1 : 0)
    error_message = "The number of aws_wafv2_web_acl_association.firewall must follow from var.api_firewall."
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.firewall) == (var.api_firewall ? 1 : 0)
    error_message = "The number of aws_cloudwatch_log_group.firewall must follow from var.api_firewall."
  }

  assert {
    condition     = length(aws_wafv2_web_acl_logging_configuration.firewall) == (var.api_firewall ? 1 : 0)
    error_message = "The number of aws_wafv2_web_acl_logging_configuration.firewall must follow from var.api_firewall."
  }
}

run "refuses_what_cannot_be" {
  command = plan

  variables {
    alarms_api_5xx_percent                  = 0
    alarms_concurrency_percent              = 0
    alarms_database_connections_percent     = 101
    alarms_database_cpu_percent             = 101
    alarms_database_free_storage_gib        = 0
    alarms_dlq_depth                        = 0
    alarms_end_to_end_p99_ms                = 0
    alarms_error_rate_percent               = 101
    alarms_queue_age_seconds                = 0
    alarms_throttles                        = 0
    api_burst                               = 5001
    api_firewall                            = false
    api_firewall_rate_per_5_minutes         = 9
    api_rate_per_second                     = 0
    canary_releases                         = false
    database_connections                    = 0
    database_max_storage_gib                = 21
    database_proxy                          = false
    environment                             = "Production!"
    events_retention_days                   = -1
    functions_ingest_memory_mib             = 127
    functions_ingest_reserved_concurrency   = -1
    functions_ingest_timeout_seconds        = 29
    functions_maintain_memory_mib           = 127
    functions_maintain_timeout_seconds      = 901
    functions_migrate_memory_mib            = 127
    functions_migrate_timeout_seconds       = 901
    functions_processor_maximum_concurrency = 1
    functions_processor_memory_mib          = 511
    functions_processor_timeout_seconds     = 2
    functions_query_memory_mib              = 127
    functions_query_reserved_concurrency    = -1
    functions_query_timeout_seconds         = 29
    lambda_ingest_zip_path                  = "ingest.tar"
    lambda_maintain_zip_path                = "maintain.tar"
    lambda_migrate_zip_path                 = "migrate.tar"
    lambda_processor_zip_path               = "processor.tar"
    lambda_query_zip_path                   = "query.tar"
    logs_level                              = "loud"
    logs_retention_days                     = 15
    queue_batch_size                        = 10001
    queue_batch_window_seconds              = 301
    retain_data                             = false
  }

  expect_failures = [var.alarms_api_5xx_percent, var.alarms_concurrency_percent, var.alarms_database_connections_percent, var.alarms_database_cpu_percent, var.alarms_database_free_storage_gib, var.alarms_dlq_depth, var.alarms_end_to_end_p99_ms, var.alarms_error_rate_percent, var.alarms_queue_age_seconds, var.alarms_throttles, var.api_burst, var.api_firewall_rate_per_5_minutes, var.api_rate_per_second, var.database_connections, var.database_max_storage_gib, var.environment, var.events_retention_days, var.functions_ingest_memory_mib, var.functions_ingest_reserved_concurrency, var.functions_ingest_timeout_seconds, var.functions_maintain_memory_mib, var.functions_maintain_timeout_seconds, var.functions_migrate_memory_mib, var.functions_migrate_timeout_seconds, var.functions_processor_maximum_concurrency, var.functions_processor_memory_mib, var.functions_processor_timeout_seconds, var.functions_query_memory_mib, var.functions_query_reserved_concurrency, var.functions_query_timeout_seconds, var.lambda_ingest_zip_path, var.lambda_maintain_zip_path, var.lambda_migrate_zip_path, var.lambda_processor_zip_path, var.lambda_query_zip_path, var.logs_level, var.logs_retention_days, var.queue_batch_size, var.queue_batch_window_seconds]
}
