# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_db_instance" "database" {
  identifier                            = "${var.name_prefix}fluxa-${var.environment}"
  engine                                = "postgres"
  engine_version                        = var.database_engine_version
  instance_class                        = var.database_instance_class
  db_name                               = "fluxa"
  port                                  = 5432
  username                              = "fluxa"
  manage_master_user_password           = true
  iam_database_authentication_enabled   = true
  allocated_storage                     = var.database_storage_gib
  max_allocated_storage                 = var.database_max_storage_gib
  storage_type                          = "gp3"
  storage_encrypted                     = true
  multi_az                              = var.database_multi_az
  db_subnet_group_name                  = aws_db_subnet_group.database.name
  vpc_security_group_ids                = [aws_security_group.database.id]
  publicly_accessible                   = false
  parameter_group_name                  = aws_db_parameter_group.database.name
  ca_cert_identifier                    = "rds-ca-rsa2048-g1"
  auto_minor_version_upgrade            = true
  backup_retention_period               = var.database_backup_days
  delete_automated_backups              = var.database_delete_backups
  copy_tags_to_snapshot                 = true
  deletion_protection                   = var.database_deletion_protection
  skip_final_snapshot                   = !var.retain_data
  final_snapshot_identifier             = var.retain_data ? "${var.name_prefix}fluxa-${var.environment}-final-${aws_security_group.database.id}" : null
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  performance_insights_enabled          = true
  performance_insights_retention_period = 7
  apply_immediately                     = true
  tags                                  = local.tags

  depends_on = [aws_cloudwatch_log_group.database_postgresql_log]

  lifecycle {
    precondition {
      condition     = contains([0, 4], length(compact([var.database_adopted_host, var.database_adopted_name, var.database_adopted_resource_id, var.database_adopted_secret_arn])))
      error_message = "database_adopted_host, database_adopted_name, database_adopted_resource_id and database_adopted_secret_arn must all be given or all be null: they are those of one database."
    }
  }
}
