# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_rds_cluster" "database" {
  count = var.database_cluster ? 1 : 0

  cluster_identifier                  = "${var.name_prefix}fluxa-${var.environment}"
  engine                              = "aurora-postgresql"
  engine_version                      = var.database_engine_version
  database_name                       = "fluxa"
  port                                = 5432
  master_username                     = "fluxa"
  manage_master_user_password         = true
  iam_database_authentication_enabled = true
  storage_encrypted                   = true
  db_subnet_group_name                = aws_db_subnet_group.database.name
  vpc_security_group_ids              = [aws_security_group.database.id]
  db_cluster_parameter_group_name     = aws_rds_cluster_parameter_group.database[0].name
  backup_retention_period             = var.database_backup_days
  delete_automated_backups            = var.database_delete_backups
  copy_tags_to_snapshot               = true
  deletion_protection                 = var.database_deletion_protection
  skip_final_snapshot                 = !var.retain_data
  final_snapshot_identifier           = var.retain_data ? "${var.name_prefix}fluxa-${var.environment}-final-${aws_security_group.database.id}" : null
  enabled_cloudwatch_logs_exports     = ["postgresql"]
  apply_immediately                   = true
  allow_major_version_upgrade         = true
  tags                                = local.tags

  serverlessv2_scaling_configuration {
    min_capacity = var.database_minimum_acu
    max_capacity = var.database_maximum_acu
  }

  depends_on = [aws_cloudwatch_log_group.database_postgresql_log]
}
