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

# What can be made again: the queues, the topic, the functions, the API, the alarms and the dashboard.
module "stateless" {
  source = "../../modules/stateless"

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
