# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_lambda_alias" "ingest" {
  name             = "live"
  function_name    = aws_lambda_function.ingest.function_name
  function_version = aws_lambda_function.ingest.version
}

resource "aws_lambda_alias" "processor" {
  name             = "live"
  function_name    = aws_lambda_function.processor.function_name
  function_version = aws_lambda_function.processor.version

  depends_on = [aws_lambda_invocation.migrations]
}

resource "aws_lambda_alias" "query" {
  name             = "live"
  function_name    = aws_lambda_function.query.function_name
  function_version = aws_lambda_function.query.version

  depends_on = [aws_lambda_invocation.migrations]
}
