# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_iam_role_policy" "database_proxy" {
  name = "database-proxy"
  role = aws_iam_role.database_proxy.name
  policy = jsonencode({
    Statement = [{
      Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
      Effect   = "Allow"
      Resource = coalesce(var.database_adopted_secret_arn, aws_db_instance.database.master_user_secret[0].secret_arn)
    }]
    Version = "2012-10-17"
  })
}
