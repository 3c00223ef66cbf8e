# Written by make terraform-export from the CDK app. Changes are made there.

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
    name  = "log_min_duration_statement"
    value = "1000"
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
