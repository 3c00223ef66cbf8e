# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_log_group" "query" {
  name              = "/aws/lambda/${var.name_prefix}fluxa-query-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_iam_role" "query" {
  name        = "${var.name_prefix}fluxa-query-${var.environment}-${local.region}"
  description = "${var.name_prefix}fluxa-query-${var.environment}"
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

resource "aws_iam_role_policy" "query" {
  name = "query"
  role = aws_iam_role.query.name
  policy = jsonencode({
    Statement = [
      {
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Effect   = "Allow"
        Resource = "${aws_cloudwatch_log_group.query.arn}:*"
      },
      {
        Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Effect   = "Allow"
        Resource = "*"
      },
      {
        Action   = "s3:GetObject"
        Effect   = "Allow"
        Resource = "${var.payloads_s3_bucket_arn}/raw/*"
      },
      {
        Action   = "s3:ListBucket"
        Effect   = "Allow"
        Resource = var.payloads_s3_bucket_arn
      },
      {
        Action   = "rds-db:connect"
        Effect   = "Allow"
        Resource = var.database_proxy ? "arn:${local.partition}:rds-db:${local.region}:${local.account_id}:dbuser:${split(":", var.database_db_proxy_arn)[6]}/fluxa_query" : "arn:${local.partition}:rds-db:${local.region}:${local.account_id}:dbuser:${var.database_db_instance_resource_id}/fluxa_query"
      },
    ]
    Version = "2012-10-17"
  })
}

resource "aws_iam_role_policy" "query_network_access" {
  name = "query-network-access"
  role = aws_iam_role.query.name
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
            "lambda:SourceFunctionArn" = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name_prefix}fluxa-query-${var.environment}"
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

resource "aws_lambda_function" "query" {
  function_name                  = "${var.name_prefix}fluxa-query-${var.environment}"
  description                    = "Fluxa: reads events and their status"
  filename                       = var.lambda_query_zip_path
  source_code_hash               = filebase64sha256(var.lambda_query_zip_path)
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = ["arm64"]
  memory_size                    = var.functions_query_memory_mib
  timeout                        = var.functions_query_timeout_seconds
  reserved_concurrent_executions = var.functions_query_reserved_concurrency
  role                           = aws_iam_role.query.arn
  publish                        = true
  tags                           = local.tags

  environment {
    variables = merge({
      DB_HOST           = var.database_proxy ? var.database_db_proxy_endpoint : var.database_db_instance_address
      DB_MAX_CONNS      = "1"
      DB_NAME           = "fluxa"
      DB_PORT           = "5432"
      DB_USER           = "fluxa_query"
      FLUXA_ENVIRONMENT = "${var.name_prefix}${var.environment}"
      FLUXA_LOG_LEVEL   = var.logs_level
      PAYLOAD_BUCKET    = var.payloads_s3_bucket_id
      }, !var.database_proxy ? {
      DB_CA_FILE = "/var/task/rds-ca.pem"
    } : {})
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.query.name
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
    aws_iam_role_policy.query_network_access,
    aws_iam_role_policy.query,
  ]
}

resource "aws_lambda_alias" "query" {
  name             = "live"
  function_name    = aws_lambda_function.query.function_name
  function_version = aws_lambda_function.query.version

  depends_on = [aws_lambda_invocation.migrations]
}
