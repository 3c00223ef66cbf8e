# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_rds_cluster_instance" "database_cluster_writer" {
  count = var.database_cluster ? 1 : 0

  identifier                            = "${var.name_prefix}fluxa-${var.environment}-writer"
  cluster_identifier                    = aws_rds_cluster.database[0].cluster_identifier
  engine                                = "aurora-postgresql"
  instance_class                        = "db.serverless"
  promotion_tier                        = 0
  publicly_accessible                   = false
  ca_cert_identifier                    = "rds-ca-rsa2048-g1"
  auto_minor_version_upgrade            = true
  performance_insights_enabled          = var.database_cluster_insights
  performance_insights_retention_period = 7
  tags                                  = local.tags
}
