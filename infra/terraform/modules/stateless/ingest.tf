# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_log_group" "ingest" {
  name              = "/aws/lambda/fluxa-ingest-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_iam_role" "ingest" {
  name        = "fluxa-ingest-${var.environment}-${local.region}"
  description = "fluxa-ingest-${var.environment}"
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
  function_name                  = "fluxa-ingest-${var.environment}"
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
      FLUXA_ENVIRONMENT = var.environment
      FLUXA_LOG_LEVEL   = var.logs_level
      PAYLOAD_BUCKET    = var.payloads_s3_bucket_id
      QUEUE_URL         = aws_sqs_queue.events.url
    }
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.ingest.name
    application_log_level = var.logs_level == "debug" ? "DEBUG" : "INFO"
    system_log_level      = "INFO"
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

resource "aws_cloudwatch_metric_alarm" "ingest_release_errors" {
  count = var.canary_releases ? 1 : 0

  alarm_name        = "fluxa-ingest-release-${var.environment}"
  alarm_description = "The version that is live or about to be fails: a release is rolled back."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"
  dimensions = {
    FunctionName = aws_lambda_function.ingest.function_name
    Resource     = "${aws_lambda_function.ingest.function_name}:live"
  }
  statistic           = "Sum"
  period              = 60
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  tags                = local.tags
}

resource "aws_iam_role" "ingest_release_canary" {
  count = var.canary_releases ? 1 : 0

  name = "fluxa-ingest-release-canary-${var.environment}-${local.region}"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Effect = "Allow"
      Principal = {
        Service = "codedeploy.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role_policy_attachment" "ingest_release_canary" {
  count = var.canary_releases ? 1 : 0

  role       = aws_iam_role.ingest_release_canary[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited"
}

resource "aws_codedeploy_deployment_group" "ingest" {
  count = var.canary_releases ? 1 : 0

  app_name               = aws_codedeploy_app.canaries[0].name
  deployment_group_name  = "fluxa-ingest-${var.environment}"
  deployment_config_name = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
  service_role_arn       = aws_iam_role.ingest_release_canary[0].arn
  tags                   = local.tags

  deployment_style {
    deployment_option = "WITH_TRAFFIC_CONTROL"
    deployment_type   = "BLUE_GREEN"
  }

  alarm_configuration {
    enabled = true
    alarms = [
      aws_cloudwatch_metric_alarm.ingest_release_errors[0].alarm_name,
      aws_cloudwatch_metric_alarm.api_errors[0].alarm_name,
    ]
  }

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM"]
  }
}
