# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_iam_role_policy" "database_proxy" {
  count = var.database_proxy ? 1 : 0

  name = "DatabaseProxyIAMRoleDefaultPolicy262261D3"
  role = aws_iam_role.database_proxy[0].name
  policy = jsonencode({
    Statement = [{
      Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
      Effect   = "Allow"
      Resource = aws_db_instance.database.master_user_secret[0].secret_arn
    }]
    Version = "2012-10-17"
  })
}
