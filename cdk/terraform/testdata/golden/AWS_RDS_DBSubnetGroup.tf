# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_db_subnet_group" "database" {
  name        = "${var.name_prefix}fluxa-${var.environment}"
  description = "PostgreSQL of Fluxa"
  subnet_ids  = aws_subnet.isolated[*].id
  tags        = local.tags
}
