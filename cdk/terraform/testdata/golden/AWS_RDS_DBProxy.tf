# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_db_proxy" "database" {
  name                   = "${var.name_prefix}fluxa-${var.environment}"
  engine_family          = "POSTGRESQL"
  idle_client_timeout    = 1800
  require_tls            = true
  role_arn               = aws_iam_role.database_proxy.arn
  vpc_security_group_ids = [aws_security_group.database_proxy.id]
  vpc_subnet_ids         = aws_subnet.isolated[*].id
  default_auth_scheme    = "IAM_AUTH"
  tags                   = local.tags
}
