# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_log_group" "ingest" {
  name              = "/aws/lambda/${var.name_prefix}fluxa-ingest-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_iam_role" "ingest" {
  name        = "${var.name_prefix}fluxa-ingest-${var.environment}-${local.region}"
  description = "${var.name_prefix}fluxa-ingest-${var.environment}"
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

resource "aws_iam_role_policy" "ingest" {
  name = "ingest"
  role = aws_iam_role.ingest.name
  policy = jsonencode({
    Statement = [
      {
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Effect   = "Allow"
        Resource = "${aws_cloudwatch_log_group.ingest.arn}:*"
      },
      {
        Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Effect   = "Allow"
        Resource = "*"
      },
      {
        Action   = "sqs:SendMessage"
        Effect   = "Allow"
        Resource = aws_sqs_queue.events.arn
      },
      {
        Action   = "s3:PutObject"
        Effect   = "Allow"
        Resource = "${var.payloads_s3_bucket_arn}/raw/*"
      },
    ]
    Version = "2012-10-17"
  })
}

resource "aws_lambda_function" "ingest" {
  function_name                  = "${var.name_prefix}fluxa-ingest-${var.environment}"
  description                    = "Fluxa: takes events over HTTP and puts them on the queue"
  filename                       = var.lambda_ingest_zip_path
  source_code_hash               = filebase64sha256(var.lambda_ingest_zip_path)
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = ["arm64"]
  memory_size                    = var.functions_ingest_memory_mib
  timeout                        = var.functions_ingest_timeout_seconds
  reserved_concurrent_executions = var.functions_ingest_reserved_concurrency
  role                           = aws_iam_role.ingest.arn
  publish                        = true
  tags                           = local.tags

  environment {
    variables = {
      FLUXA_ENVIRONMENT = "${var.name_prefix}${var.environment}"
      FLUXA_LOG_LEVEL   = var.logs_level
      PAYLOAD_BUCKET    = var.payloads_s3_bucket_id
      QUEUE_URL         = aws_sqs_queue.events.url
    }
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.ingest.name
    application_log_level = var.logs_level == "debug" ? "DEBUG" : "INFO"
    system_log_level      = var.logs_system_level
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [aws_iam_role_policy.ingest]
}

resource "aws_lambda_alias" "ingest" {
  name             = "live"
  function_name    = aws_lambda_function.ingest.function_name
  function_version = aws_lambda_function.ingest.version
}
