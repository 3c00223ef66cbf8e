# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_api_gateway_account" "api" {
  count = var.api_account_role ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.api_logs[0].arn

  depends_on = [aws_api_gateway_rest_api.api]
}
