# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_lambda_invocation" "migrations" {
  function_name = aws_lambda_function.migrate.function_name
  triggers = {
    migrations = "c5ec46eb08f8c1a6b5d7240a3d651acfa887afe77be789802fb4de4d7d8e83bc"
  }
  input = jsonencode({})
}
