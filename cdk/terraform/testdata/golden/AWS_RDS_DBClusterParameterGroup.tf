# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_rds_cluster_parameter_group" "database" {
  count = var.database_cluster ? 1 : 0

  name        = "${var.name_prefix}fluxa-${var.environment}-aurora${var.database_engine_version}"
  family      = "aurora-postgresql${var.database_engine_version}"
  description = "PostgreSQL of Fluxa"
  tags        = local.tags

  parameter {
    name  = "idle_session_timeout"
    value = var.database_minimum_acu == 0 ? "60000" : "0"
  }

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  lifecycle {
    create_before_destroy = true
  }
}
