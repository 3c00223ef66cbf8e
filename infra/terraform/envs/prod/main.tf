# Written by make terraform-export from the CDK app. Changes are made there.

provider "aws" {
  region = var.aws_region
}

# What must survive: the network, the database and the bucket of payloads.
module "stateful" {
  source = "../../modules/stateful"

  availability_zone_count      = 3
  availability_zones           = ["us-east-1a", "us-east-1b", "us-east-1c"]
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
  flow_logs                    = true
  log_retention_days           = 90
  payload_access_logs          = true
  payload_glacier_days         = 90
  payload_old_version_days     = 30
  retain_data                  = true
  vpc_cidr                     = "10.30.0.0/16"
}

# What can be made again: the queues, the topic, the functions, the API, the alarms and the dashboard.
module "stateless" {
  source = "../../modules/stateless"

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
  clients_security_group_id       = module.stateful.clients_security_group_id
  database_connections            = 630
  database_db_instance_address    = module.stateful.database_db_instance_address
  database_db_instance_identifier = module.stateful.database_db_instance_identifier
  database_db_instance_secret_arn = module.stateful.database_db_instance_secret_arn
  database_db_proxy_endpoint      = module.stateful.database_db_proxy_endpoint
  database_max_storage_gib        = 1000
  database_proxy                  = true
  environment                     = "prod"
  event_retention_days            = 0
  firewall_rate_per_5_minutes     = 400000
  ingest_memory_mib               = 1024
  ingest_reserved_concurrency     = 200
  ingest_timeout_seconds          = 15
  isolated_subnet_ids             = module.stateful.isolated_subnet_ids
  lambda_ingest_zip_path          = var.lambda_ingest_zip_path
  lambda_maintain_zip_path        = var.lambda_maintain_zip_path
  lambda_migrate_zip_path         = var.lambda_migrate_zip_path
  lambda_processor_zip_path       = var.lambda_processor_zip_path
  lambda_query_zip_path           = var.lambda_query_zip_path
  log_level                       = "info"
  log_retention_days              = 90
  maintain_memory_mib             = 256
  maintain_timeout_seconds        = 300
  migrate_memory_mib              = 256
  migrate_timeout_seconds         = 300
  payloads_s3_bucket_arn          = module.stateful.payloads_s3_bucket_arn
  payloads_s3_bucket_id           = module.stateful.payloads_s3_bucket_id
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
