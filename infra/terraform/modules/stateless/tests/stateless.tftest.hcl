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
    alarm_api_5xx_percent           = 5
    alarm_database_connections      = 62
    alarm_database_cpu_percent      = 90
    alarm_database_free_storage_gib = 4
    alarm_dlq_depth                 = 1
    alarm_end_to_end_p99_ms         = 30000
    alarm_error_rate_percent        = 5
    alarm_processor_concurrency     = 4.5
    alarm_queue_age_seconds         = 300
    alarm_throttles                 = 5
    api_account_role                = true
    api_burst                       = 100
    api_rate_per_second             = 50
    database_connections            = 78
    database_max_storage_gib        = 100
    database_proxy                  = false
    environment                     = "dev"
    event_retention_days            = 30
    firewall_rate_per_5_minutes     = null
    ingest_memory_mib               = 512
    ingest_reserved_concurrency     = null
    ingest_timeout_seconds          = 15
    log_level                       = "info"
    log_retention_days              = 14
    maintain_memory_mib             = 256
    maintain_timeout_seconds        = 300
    migrate_memory_mib              = 256
    migrate_timeout_seconds         = 300
    processor_batch_size            = 10
    processor_batch_window_seconds  = 0
    processor_maximum_concurrency   = 5
    processor_memory_mib            = 1024
    processor_timeout_seconds       = 30
    query_memory_mib                = 512
    query_reserved_concurrency      = 10
    query_timeout_seconds           = 15
    retain_data                     = false
    web_firewall                    = false
  }

  assert {
    condition     = length(aws_iam_role.api_cloud_watch_role) == (var.api_account_role ? 1 : 0)
    error_message = "The number of aws_iam_role.api_cloud_watch_role must follow from var.api_account_role."
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.api_cloud_watch_role) == (var.api_account_role ? 1 : 0)
    error_message = "The number of aws_iam_role_policy_attachment.api_cloud_watch_role must follow from var.api_account_role."
  }

  assert {
    condition     = length(aws_api_gateway_account.api) == (var.api_account_role ? 1 : 0)
    error_message = "The number of aws_api_gateway_account.api must follow from var.api_account_role."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.firewall) == (var.web_firewall ? 1 : 0)
    error_message = "The number of aws_wafv2_web_acl.firewall must follow from var.web_firewall."
  }

  assert {
    condition     = length(aws_wafv2_web_acl_association.firewall) == (var.web_firewall ? 1 : 0)
    error_message = "The number of aws_wafv2_web_acl_association.firewall must follow from var.web_firewall."
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.firewall) == (var.web_firewall ? 1 : 0)
    error_message = "The number of aws_cloudwatch_log_group.firewall must follow from var.web_firewall."
  }

  assert {
    condition     = length(aws_wafv2_web_acl_logging_configuration.firewall) == (var.web_firewall ? 1 : 0)
    error_message = "The number of aws_wafv2_web_acl_logging_configuration.firewall must follow from var.web_firewall."
  }
}

run "plans_as_in_prod" {
  command = plan

  variables {
    alarm_api_5xx_percent           = 1
    alarm_database_connections      = 504
    alarm_database_cpu_percent      = 80
    alarm_database_free_storage_gib = 20
    alarm_dlq_depth                 = 1
    alarm_end_to_end_p99_ms         = 10000
    alarm_error_rate_percent        = 1
    alarm_processor_concurrency     = 40
    alarm_queue_age_seconds         = 120
    alarm_throttles                 = 1
    api_account_role                = true
    api_burst                       = 2000
    api_rate_per_second             = 1000
    database_connections            = 630
    database_max_storage_gib        = 1000
    database_proxy                  = true
    environment                     = "prod"
    event_retention_days            = 0
    firewall_rate_per_5_minutes     = 400000
    ingest_memory_mib               = 1024
    ingest_reserved_concurrency     = 200
    ingest_timeout_seconds          = 15
    log_level                       = "info"
    log_retention_days              = 90
    maintain_memory_mib             = 256
    maintain_timeout_seconds        = 300
    migrate_memory_mib              = 256
    migrate_timeout_seconds         = 300
    processor_batch_size            = 100
    processor_batch_window_seconds  = 1
    processor_maximum_concurrency   = 50
    processor_memory_mib            = 1024
    processor_timeout_seconds       = 30
    query_memory_mib                = 512
    query_reserved_concurrency      = 100
    query_timeout_seconds           = 15
    retain_data                     = true
    web_firewall                    = true
  }

  assert {
    condition     = length(aws_iam_role.api_cloud_watch_role) == (var.api_account_role ? 1 : 0)
    error_message = "The number of aws_iam_role.api_cloud_watch_role must follow from var.api_account_role."
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.api_cloud_watch_role) == (var.api_account_role ? 1 : 0)
    error_message = "The number of aws_iam_role_policy_attachment.api_cloud_watch_role must follow from var.api_account_role."
  }

  assert {
    condition     = length(aws_api_gateway_account.api) == (var.api_account_role ? 1 : 0)
    error_message = "The number of aws_api_gateway_account.api must follow from var.api_account_role."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.firewall) == (var.web_firewall ? 1 : 0)
    error_message = "The number of aws_wafv2_web_acl.firewall must follow from var.web_firewall."
  }

  assert {
    condition     = length(aws_wafv2_web_acl_association.firewall) == (var.web_firewall ? 1 : 0)
    error_message = "The number of aws_wafv2_web_acl_association.firewall must follow from var.web_firewall."
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.firewall) == (var.web_firewall ? 1 : 0)
    error_message = "The number of aws_cloudwatch_log_group.firewall must follow from var.web_firewall."
  }

  assert {
    condition     = length(aws_wafv2_web_acl_logging_configuration.firewall) == (var.web_firewall ? 1 : 0)
    error_message = "The number of aws_wafv2_web_acl_logging_configuration.firewall must follow from var.web_firewall."
  }
}

run "refuses_what_cannot_be" {
  command = plan

  variables {
    alarm_api_5xx_percent           = 0
    alarm_database_connections      = 0
    alarm_database_cpu_percent      = 101
    alarm_database_free_storage_gib = 0
    alarm_dlq_depth                 = 0
    alarm_end_to_end_p99_ms         = 0
    alarm_error_rate_percent        = 101
    alarm_processor_concurrency     = 0
    alarm_queue_age_seconds         = 0
    alarm_throttles                 = 0
    api_account_role                = true
    api_burst                       = 5001
    api_rate_per_second             = 0
    database_connections            = 0
    database_max_storage_gib        = 21
    database_proxy                  = false
    environment                     = "load--test"
    event_retention_days            = -1
    firewall_rate_per_5_minutes     = 9
    ingest_memory_mib               = 127
    ingest_reserved_concurrency     = -1
    ingest_timeout_seconds          = 29
    lambda_ingest_zip_path          = "ingest.tar"
    lambda_maintain_zip_path        = "maintain.tar"
    lambda_migrate_zip_path         = "migrate.tar"
    lambda_processor_zip_path       = "processor.tar"
    lambda_query_zip_path           = "query.tar"
    log_level                       = "loud"
    log_retention_days              = 15
    maintain_memory_mib             = 127
    maintain_timeout_seconds        = 901
    migrate_memory_mib              = 127
    migrate_timeout_seconds         = 901
    processor_batch_size            = 10001
    processor_batch_window_seconds  = 301
    processor_maximum_concurrency   = 1
    processor_memory_mib            = 511
    processor_timeout_seconds       = 2
    query_memory_mib                = 127
    query_reserved_concurrency      = -1
    query_timeout_seconds           = 29
    retain_data                     = false
    web_firewall                    = false
  }

  expect_failures = [var.alarm_api_5xx_percent, var.alarm_database_connections, var.alarm_database_cpu_percent, var.alarm_database_free_storage_gib, var.alarm_dlq_depth, var.alarm_end_to_end_p99_ms, var.alarm_error_rate_percent, var.alarm_processor_concurrency, var.alarm_queue_age_seconds, var.alarm_throttles, var.api_burst, var.api_rate_per_second, var.database_connections, var.database_max_storage_gib, var.environment, var.event_retention_days, var.firewall_rate_per_5_minutes, var.ingest_memory_mib, var.ingest_reserved_concurrency, var.ingest_timeout_seconds, var.lambda_ingest_zip_path, var.lambda_maintain_zip_path, var.lambda_migrate_zip_path, var.lambda_processor_zip_path, var.lambda_query_zip_path, var.log_level, var.log_retention_days, var.maintain_memory_mib, var.maintain_timeout_seconds, var.migrate_memory_mib, var.migrate_timeout_seconds, var.processor_batch_size, var.processor_batch_window_seconds, var.processor_maximum_concurrency, var.processor_memory_mib, var.processor_timeout_seconds, var.query_memory_mib, var.query_reserved_concurrency, var.query_timeout_seconds]
}
