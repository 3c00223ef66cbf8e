# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_log_group" "migrate" {
  name              = "/aws/lambda/${var.name_prefix}fluxa-migrate-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_iam_role" "migrate" {
  name        = "${var.name_prefix}fluxa-migrate-${var.environment}-${local.region}"
  description = "${var.name_prefix}fluxa-migrate-${var.environment}"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Effect = "Allow"
      Principal = {
        Service = "lambda.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role_policy" "migrate" {
  name = "migrate"
  role = aws_iam_role.migrate.name
  policy = jsonencode({
    Statement = [
      {
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Effect   = "Allow"
        Resource = "${aws_cloudwatch_log_group.migrate.arn}:*"
      },
      {
        Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Effect   = "Allow"
        Resource = "*"
      },
      {
        Action   = "secretsmanager:GetSecretValue"
        Effect   = "Allow"
        Resource = var.database_db_instance_secret_arn
      },
    ]
    Version = "2012-10-17"
  })
}

resource "aws_iam_role_policy" "migrate_network_access" {
  name = "migrate-network-access"
  role = aws_iam_role.migrate.name
  policy = jsonencode({
    Statement = [
      {
        Action = [
          "ec2:AssignPrivateIpAddresses",
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSubnets",
          "ec2:UnassignPrivateIpAddresses",
        ]
        Effect   = "Allow"
        Resource = "*"
        Sid      = "LambdaKeepsTheInterfaces"
      },
      {
        Action = [
          "ec2:AssignPrivateIpAddresses",
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSubnets",
          "ec2:UnassignPrivateIpAddresses",
        ]
        Condition = {
          ArnEquals = {
            "lambda:SourceFunctionArn" = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name_prefix}fluxa-migrate-${var.environment}"
          }
        }
        Effect   = "Deny"
        Resource = "*"
        Sid      = "TheCodeDoesNot"
      },
    ]
    Version = "2012-10-17"
  })
}

resource "aws_lambda_function" "migrate" {
  function_name    = "${var.name_prefix}fluxa-migrate-${var.environment}"
  description      = "Fluxa: applies the migrations during a deployment"
  filename         = var.lambda_migrate_zip_path
  source_code_hash = filebase64sha256(var.lambda_migrate_zip_path)
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = ["arm64"]
  memory_size      = var.functions_migrate_memory_mib
  timeout          = var.functions_migrate_timeout_seconds
  role             = aws_iam_role.migrate.arn
  tags             = local.tags

  environment {
    variables = {
      DB_CA_FILE        = "/var/task/rds-ca.pem"
      DB_HOST           = var.database_db_instance_address
      DB_NAME           = "fluxa"
      DB_PORT           = "5432"
      DB_SECRET_ARN     = var.database_db_instance_secret_arn
      FLUXA_ENVIRONMENT = "${var.name_prefix}${var.environment}"
      FLUXA_LOG_LEVEL   = var.logs_level
    }
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.migrate.name
    application_log_level = var.logs_level == "debug" ? "DEBUG" : "INFO"
    system_log_level      = var.logs_system_level
  }

  tracing_config {
    mode = "Active"
  }

  vpc_config {
    security_group_ids = [var.clients_security_group_id]
    subnet_ids         = var.isolated_subnet_ids
  }

  depends_on = [
    aws_iam_role_policy.migrate_network_access,
    aws_iam_role_policy.migrate,
  ]
}

resource "aws_lambda_invocation" "migrations" {
  function_name = aws_lambda_function.migrate.function_name
  triggers = {
    migrations = "784e38b21c40cc4939e44145d1532994c1d188cba469742afcbd1aae405e3a5b on ${var.database_db_instance_resource_id}"
  }
  input = jsonencode({})
}
