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
  clients_security_group_id        = "clients_security_group_id"
  database_db_instance_address     = "database_db_instance_address"
  database_db_instance_identifier  = "database_db_instance_identifier"
  database_db_instance_resource_id = "database_db_instance_resource_id"
  database_db_instance_secret_arn  = "arn:aws:service:us-east-1:123456789012:resource:database_db_instance_secret_arn"
  database_db_proxy_arn            = "arn:aws:service:us-east-1:123456789012:resource:database_db_proxy_arn"
  database_db_proxy_endpoint       = "database_db_proxy_endpoint"
  database_db_proxy_name           = "database_db_proxy_name"
  isolated_subnet_ids              = ["isolated_subnet_ids-1", "isolated_subnet_ids-2"]
  lambda_ingest_zip_path           = "tests/empty.zip"
  lambda_maintain_zip_path         = "tests/empty.zip"
  lambda_migrate_zip_path          = "tests/empty.zip"
  lambda_processor_zip_path        = "tests/empty.zip"
  lambda_query_zip_path            = "tests/empty.zip"
  payloads_s3_bucket_arn           = "arn:aws:service:us-east-1:123456789012:resource:payloads_s3_bucket_arn"
  payloads_s3_bucket_id            = "payloads_s3_bucket_id"
}

run "plans_as_in_dev" {
  command = plan

  variables {
    alarms_api_5xx_percent                  = 5
    alarms_concurrency_percent              = 90
    alarms_database_connections_percent     = 80
    alarms_database_cpu_percent             = 90
    alarms_database_free_memory_mib         = 50
    alarms_database_free_storage_gib        = 4
    alarms_dlq_depth                        = 1
    alarms_end_to_end_p99_ms                = 30000
    alarms_error_rate_percent               = 5
    alarms_notifications_failed             = 1
    alarms_proxy_connections_percent        = null
    alarms_queue_age_seconds                = 120
    alarms_retried                          = 1
    alarms_throttles                        = 5
    api_account_role                        = true
    api_burst                               = 100
    api_firewall                            = false
    api_firewall_rate_per_5_minutes         = null
    api_rate_per_second                     = 50
    database_connections                    = 78
    database_credits                        = true
    database_max_storage_gib                = 100
    database_proxy                          = false
    environment                             = "dev"
    events_maintain_every_hours             = 24
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
    logs_system_level                       = "WARN"
    name_prefix                             = ""
    queue_batch_size                        = 10
    queue_batch_window_seconds              = 0
    retain_data                             = false
    tags                                    = {}
    traces_requests_percent                 = 1
  }

  assert {
    condition     = length(aws_db_event_subscription.proxy_events) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_db_event_subscription.proxy_events must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.proxy_connections) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_cloudwatch_metric_alarm.proxy_connections must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_xray_sampling_rule.trace_sampling) == (var.traces_requests_percent != null ? 1 : 0)
    error_message = "The number of aws_xray_sampling_rule.trace_sampling must follow from var.traces_requests_percent."
  }

  assert {
    condition     = length(aws_iam_role.api_logs) == (var.api_account_role ? 1 : 0)
    error_message = "The number of aws_iam_role.api_logs must follow from var.api_account_role."
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.api_logs) == (var.api_account_role ? 1 : 0)
    error_message = "The number of aws_iam_role_policy_attachment.api_logs must follow from var.api_account_role."
  }

  assert {
    condition     = length(aws_api_gateway_account.api) == (var.api_account_role ? 1 : 0)
    error_message = "The number of aws_api_gateway_account.api must follow from var.api_account_role."
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

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.database_credits) == (var.database_credits ? 1 : 0)
    error_message = "The number of aws_cloudwatch_metric_alarm.database_credits must follow from var.database_credits."
  }
}

run "plans_as_in_prod" {
  command = plan

  variables {
    alarms_api_5xx_percent                  = 1
    alarms_concurrency_percent              = 80
    alarms_database_connections_percent     = 80
    alarms_database_cpu_percent             = 80
    alarms_database_free_memory_mib         = 500
    alarms_database_free_storage_gib        = 20
    alarms_dlq_depth                        = 1
    alarms_end_to_end_p99_ms                = 10000
    alarms_error_rate_percent               = 1
    alarms_notifications_failed             = 1
    alarms_proxy_connections_percent        = 80
    alarms_queue_age_seconds                = 120
    alarms_retried                          = 1
    alarms_throttles                        = 1
    api_account_role                        = true
    api_burst                               = 2000
    api_firewall                            = true
    api_firewall_rate_per_5_minutes         = 400000
    api_rate_per_second                     = 1000
    database_connections                    = 630
    database_credits                        = false
    database_max_storage_gib                = 1000
    database_proxy                          = true
    environment                             = "prod"
    events_maintain_every_hours             = 1
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
    logs_system_level                       = "WARN"
    name_prefix                             = ""
    queue_batch_size                        = 100
    queue_batch_window_seconds              = 1
    retain_data                             = true
    tags                                    = {}
    traces_requests_percent                 = 1
  }

  assert {
    condition     = length(aws_db_event_subscription.proxy_events) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_db_event_subscription.proxy_events must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.proxy_connections) == (var.database_proxy ? 1 : 0)
    error_message = "The number of aws_cloudwatch_metric_alarm.proxy_connections must follow from var.database_proxy."
  }

  assert {
    condition     = length(aws_xray_sampling_rule.trace_sampling) == (var.traces_requests_percent != null ? 1 : 0)
    error_message = "The number of aws_xray_sampling_rule.trace_sampling must follow from var.traces_requests_percent."
  }

  assert {
    condition     = length(aws_iam_role.api_logs) == (var.api_account_role ? 1 : 0)
    error_message = "The number of aws_iam_role.api_logs must follow from var.api_account_role."
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.api_logs) == (var.api_account_role ? 1 : 0)
    error_message = "The number of aws_iam_role_policy_attachment.api_logs must follow from var.api_account_role."
  }

  assert {
    condition     = length(aws_api_gateway_account.api) == (var.api_account_role ? 1 : 0)
    error_message = "The number of aws_api_gateway_account.api must follow from var.api_account_role."
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

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.database_credits) == (var.database_credits ? 1 : 0)
    error_message = "The number of aws_cloudwatch_metric_alarm.database_credits must follow from var.database_credits."
  }
}

run "refuses_what_cannot_be" {
  command = plan

  variables {
    alarms_api_5xx_percent                  = 0
    alarms_concurrency_percent              = 0
    alarms_database_connections_percent     = 101
    alarms_database_cpu_percent             = 101
    alarms_database_free_memory_mib         = 0
    alarms_database_free_storage_gib        = 0
    alarms_dlq_depth                        = 0
    alarms_end_to_end_p99_ms                = 0
    alarms_error_rate_percent               = 101
    alarms_notifications_failed             = 0
    alarms_proxy_connections_percent        = 0
    alarms_queue_age_seconds                = 0
    alarms_retried                          = 0
    alarms_throttles                        = 0
    api_account_role                        = true
    api_burst                               = 5001
    api_firewall                            = false
    api_firewall_rate_per_5_minutes         = 9
    api_rate_per_second                     = 0
    database_connections                    = 0
    database_credits                        = true
    database_max_storage_gib                = 21
    database_proxy                          = false
    environment                             = "load--test"
    events_maintain_every_hours             = 25
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
    logs_system_level                       = "ERROR"
    name_prefix                             = "acme"
    queue_batch_size                        = 10001
    queue_batch_window_seconds              = 301
    retain_data                             = false
    tags                                    = {}
    traces_requests_percent                 = 101
  }

  expect_failures = [var.alarms_api_5xx_percent, var.alarms_concurrency_percent, var.alarms_database_connections_percent, var.alarms_database_cpu_percent, var.alarms_database_free_memory_mib, var.alarms_database_free_storage_gib, var.alarms_dlq_depth, var.alarms_end_to_end_p99_ms, var.alarms_error_rate_percent, var.alarms_notifications_failed, var.alarms_proxy_connections_percent, var.alarms_queue_age_seconds, var.alarms_retried, var.alarms_throttles, var.api_burst, var.api_firewall_rate_per_5_minutes, var.api_rate_per_second, var.database_connections, var.database_max_storage_gib, var.environment, var.events_maintain_every_hours, var.events_retention_days, var.functions_ingest_memory_mib, var.functions_ingest_reserved_concurrency, var.functions_ingest_timeout_seconds, var.functions_maintain_memory_mib, var.functions_maintain_timeout_seconds, var.functions_migrate_memory_mib, var.functions_migrate_timeout_seconds, var.functions_processor_maximum_concurrency, var.functions_processor_memory_mib, var.functions_processor_timeout_seconds, var.functions_query_memory_mib, var.functions_query_reserved_concurrency, var.functions_query_timeout_seconds, var.lambda_ingest_zip_path, var.lambda_maintain_zip_path, var.lambda_migrate_zip_path, var.lambda_processor_zip_path, var.lambda_query_zip_path, var.logs_level, var.logs_retention_days, var.logs_system_level, var.name_prefix, var.queue_batch_size, var.queue_batch_window_seconds, var.traces_requests_percent]
}
