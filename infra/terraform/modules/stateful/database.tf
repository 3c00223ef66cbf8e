# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_security_group" "database" {
  name        = "${var.name_prefix}fluxa-database-${var.environment}"
  vpc_id      = aws_vpc.main.id
  description = "PostgreSQL of Fluxa"
  tags        = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "database_from_clients_5432" {
  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = aws_security_group.clients.id
  description                  = "Fluxa functions"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "database_from_operators_5432" {
  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = aws_security_group.operators.id
  description                  = "People who operate Fluxa"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "database_from_database_proxy" {
  count = var.database_proxy ? 1 : 0

  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = aws_security_group.database_proxy[0].id
  description                  = "Allow connections to the database Instance from the Proxy"
  ip_protocol                  = "tcp"
  from_port                    = aws_db_instance.database.port
  to_port                      = aws_db_instance.database.port
}

resource "aws_cloudwatch_log_group" "database_postgresql_log" {
  name              = "/aws/rds/instance/${var.name_prefix}fluxa-${var.environment}/postgresql"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "database_upgrade_log" {
  name              = "/aws/rds/instance/${var.name_prefix}fluxa-${var.environment}/upgrade"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_db_parameter_group" "database" {
  name         = "${var.name_prefix}fluxa-${var.environment}-postgres${var.database_engine_version}"
  family       = "postgres${var.database_engine_version}"
  description  = "PostgreSQL of Fluxa"
  skip_destroy = var.retain_data
  tags         = local.tags

  parameter {
    name  = "idle_in_transaction_session_timeout"
    value = "60000"
  }

  parameter {
    name  = "log_error_verbosity"
    value = "terse"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  parameter {
    name  = "log_parameter_max_length"
    value = "0"
  }

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "statement_timeout"
    value = "60000"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_subnet_group" "database" {
  name        = "${var.name_prefix}fluxa-${var.environment}"
  description = "PostgreSQL of Fluxa"
  subnet_ids  = aws_subnet.isolated[*].id
  tags        = local.tags
}

resource "aws_db_instance" "database" {
  identifier                            = "${var.name_prefix}fluxa-${var.environment}"
  engine                                = "postgres"
  engine_version                        = var.database_engine_version
  allow_major_version_upgrade           = true
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

  depends_on = [
    aws_cloudwatch_log_group.database_postgresql_log,
    aws_cloudwatch_log_group.database_upgrade_log,
  ]

  lifecycle {
    precondition {
      condition     = contains([0, 4], length(compact([var.database_adopted_host, var.database_adopted_name, var.database_adopted_resource_id, var.database_adopted_secret_arn])))
      error_message = "database_adopted_host, database_adopted_name, database_adopted_resource_id and database_adopted_secret_arn must all be given or all be null: they are those of one database."
    }
  }
}

resource "aws_iam_role" "database_proxy" {
  count = var.database_proxy ? 1 : 0

  name        = "${var.name_prefix}fluxa-database-proxy-${var.environment}-${local.region}"
  description = "RDS Proxy of Fluxa logs in to the database"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Effect = "Allow"
      Principal = {
        Service = "rds.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role_policy" "database_proxy" {
  count = var.database_proxy ? 1 : 0

  name = "database-proxy"
  role = aws_iam_role.database_proxy[0].name
  policy = jsonencode({
    Statement = [{
      Action = "rds-db:connect"
      Effect = "Allow"
      Resource = [
        "arn:${local.partition}:rds-db:${local.region}:${local.account_id}:dbuser:${coalesce(var.database_adopted_resource_id, aws_db_instance.database.resource_id)}/fluxa_processor",
        "arn:${local.partition}:rds-db:${local.region}:${local.account_id}:dbuser:${coalesce(var.database_adopted_resource_id, aws_db_instance.database.resource_id)}/fluxa_query",
      ]
    }]
    Version = "2012-10-17"
  })
}

resource "aws_security_group" "database_proxy" {
  count = var.database_proxy ? 1 : 0

  name        = "${var.name_prefix}fluxa-database-proxy-${var.environment}"
  vpc_id      = aws_vpc.main.id
  description = "RDS Proxy of Fluxa"
  tags        = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "database_proxy_from_clients_5432" {
  count = var.database_proxy ? 1 : 0

  security_group_id            = aws_security_group.database_proxy[0].id
  referenced_security_group_id = aws_security_group.clients.id
  description                  = "Fluxa functions"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "database_proxy_to_database" {
  count = var.database_proxy ? 1 : 0

  security_group_id            = aws_security_group.database_proxy[0].id
  referenced_security_group_id = aws_security_group.database.id
  description                  = "Allow connections to the database Instance from the Proxy"
  ip_protocol                  = "tcp"
  from_port                    = aws_db_instance.database.port
  to_port                      = aws_db_instance.database.port
}

resource "aws_db_proxy" "database" {
  count = var.database_proxy ? 1 : 0

  name                   = "${var.name_prefix}fluxa-${var.environment}"
  engine_family          = "POSTGRESQL"
  idle_client_timeout    = 1800
  require_tls            = true
  role_arn               = aws_iam_role.database_proxy[0].arn
  vpc_security_group_ids = [aws_security_group.database_proxy[0].id]
  vpc_subnet_ids         = aws_subnet.isolated[*].id
  default_auth_scheme    = "IAM_AUTH"
  tags                   = local.tags
}

resource "aws_db_proxy_default_target_group" "database" {
  count = var.database_proxy ? 1 : 0

  db_proxy_name = aws_db_proxy.database[0].name

  connection_pool_config {
    connection_borrow_timeout = 5
    max_connections_percent   = 90
  }
}

resource "aws_db_proxy_target" "database" {
  count = var.database_proxy ? 1 : 0

  db_proxy_name          = aws_db_proxy_default_target_group.database[0].db_proxy_name
  target_group_name      = aws_db_proxy_default_target_group.database[0].name
  db_instance_identifier = coalesce(var.database_adopted_name, aws_db_instance.database.identifier)
}
