# Written by make terraform-export from the CDK app. Changes are made there.

provider "aws" {
  region = var.aws_region
}

# What must survive: the network, the database and the bucket of payloads.
module "stateful" {
  source = "../../modules/stateful"

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

# What can be made again: the queues, the topic, the functions, the API, the alarms and the dashboard.
module "stateless" {
  source = "../../modules/stateless"

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

  clients_security_group_id        = module.stateful.clients_security_group_id
  database_db_instance_address     = module.stateful.database_db_instance_address
  database_db_instance_identifier  = module.stateful.database_db_instance_identifier
  database_db_instance_resource_id = module.stateful.database_db_instance_resource_id
  database_db_instance_secret_arn  = module.stateful.database_db_instance_secret_arn
  database_db_proxy_arn            = module.stateful.database_db_proxy_arn
  database_db_proxy_endpoint       = module.stateful.database_db_proxy_endpoint
  database_db_proxy_name           = module.stateful.database_db_proxy_name
  isolated_subnet_ids              = module.stateful.isolated_subnet_ids
  lambda_ingest_zip_path           = var.lambda_ingest_zip_path
  lambda_maintain_zip_path         = var.lambda_maintain_zip_path
  lambda_migrate_zip_path          = var.lambda_migrate_zip_path
  lambda_processor_zip_path        = var.lambda_processor_zip_path
  lambda_query_zip_path            = var.lambda_query_zip_path
  payloads_s3_bucket_arn           = module.stateful.payloads_s3_bucket_arn
  payloads_s3_bucket_id            = module.stateful.payloads_s3_bucket_id
}
