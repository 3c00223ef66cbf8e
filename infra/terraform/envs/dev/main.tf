# Written by make terraform-export from the CDK app. Changes are made there.

provider "aws" {
  region = var.aws_region
}

# What must survive: the network, the database and the bucket of payloads.
module "stateful" {
  source = "../../modules/stateful"

  availability_zone_count      = 2
  availability_zones           = []
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
  flow_logs                    = false
  log_retention_days           = 14
  payload_access_logs          = false
  payload_glacier_days         = 30
  payload_old_version_days     = 7
  retain_data                  = false
  vpc_cidr                     = "10.20.0.0/16"
}

# What can be made again: the queues, the topic, the functions, the API, the alarms and the dashboard.
module "stateless" {
  source = "../../modules/stateless"

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
  clients_security_group_id       = module.stateful.clients_security_group_id
  database_connections            = 78
  database_db_instance_address    = module.stateful.database_db_instance_address
  database_db_instance_identifier = module.stateful.database_db_instance_identifier
  database_db_instance_secret_arn = module.stateful.database_db_instance_secret_arn
  database_db_proxy_endpoint      = module.stateful.database_db_proxy_endpoint
  database_max_storage_gib        = 100
  database_proxy                  = false
  environment                     = "dev"
  event_retention_days            = 30
  firewall_rate_per_5_minutes     = null
  ingest_memory_mib               = 512
  ingest_reserved_concurrency     = null
  ingest_timeout_seconds          = 15
  isolated_subnet_ids             = module.stateful.isolated_subnet_ids
  lambda_ingest_zip_path          = var.lambda_ingest_zip_path
  lambda_maintain_zip_path        = var.lambda_maintain_zip_path
  lambda_migrate_zip_path         = var.lambda_migrate_zip_path
  lambda_processor_zip_path       = var.lambda_processor_zip_path
  lambda_query_zip_path           = var.lambda_query_zip_path
  log_level                       = "info"
  log_retention_days              = 14
  maintain_memory_mib             = 256
  maintain_timeout_seconds        = 300
  migrate_memory_mib              = 256
  migrate_timeout_seconds         = 300
  payloads_s3_bucket_arn          = module.stateful.payloads_s3_bucket_arn
  payloads_s3_bucket_id           = module.stateful.payloads_s3_bucket_id
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
