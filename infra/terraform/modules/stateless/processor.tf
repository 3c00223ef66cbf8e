# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_log_group" "processor" {
  name              = "/aws/lambda/${var.name_prefix}fluxa-processor-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_iam_role" "processor" {
  name        = "${var.name_prefix}fluxa-processor-${var.environment}-${local.region}"
  description = "${var.name_prefix}fluxa-processor-${var.environment}"
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

resource "aws_iam_role_policy" "processor" {
  name = "processor"
  role = aws_iam_role.processor.name
  policy = jsonencode({
    Statement = [
      {
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Effect   = "Allow"
        Resource = "${aws_cloudwatch_log_group.processor.arn}:*"
      },
      {
        Action = [
          "sqs:ChangeMessageVisibility",
          "sqs:DeleteMessage",
          "sqs:GetQueueAttributes",
          "sqs:ReceiveMessage",
        ]
        Effect   = "Allow"
        Resource = aws_sqs_queue.events.arn
      },
      {
        Action   = "sqs:SendMessage"
        Effect   = "Allow"
        Resource = aws_sqs_queue.events_dead_letters.arn
      },
      {
        Action   = "sns:Publish"
        Effect   = "Allow"
        Resource = aws_sns_topic.notifications.arn
      },
      {
        Action   = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Effect   = "Allow"
        Resource = aws_kms_key.topic_key.arn
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
        Resource = var.database_proxy ? "arn:${local.partition}:rds-db:${local.region}:${local.account_id}:dbuser:${split(":", var.database_db_proxy_arn)[6]}/fluxa_processor" : "arn:${local.partition}:rds-db:${local.region}:${local.account_id}:dbuser:${var.database_db_instance_resource_id}/fluxa_processor"
      },
    ]
    Version = "2012-10-17"
  })
}

resource "aws_iam_role_policy" "processor_network_access" {
  name = "processor-network-access"
  role = aws_iam_role.processor.name
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
            "lambda:SourceFunctionArn" = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name_prefix}fluxa-processor-${var.environment}"
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

resource "aws_lambda_function" "processor" {
  function_name    = "${var.name_prefix}fluxa-processor-${var.environment}"
  description      = "Fluxa: stores the queue's events and announces them"
  filename         = var.lambda_processor_zip_path
  source_code_hash = filebase64sha256(var.lambda_processor_zip_path)
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = ["arm64"]
  memory_size      = var.functions_processor_memory_mib
  timeout          = var.functions_processor_timeout_seconds
  role             = aws_iam_role.processor.arn
  publish          = true
  tags             = local.tags

  environment {
    variables = merge({
      DB_HOST           = var.database_proxy ? var.database_db_proxy_endpoint : var.database_db_instance_address
      DB_MAX_CONNS      = "2"
      DB_NAME           = "fluxa"
      DB_PORT           = "5432"
      DB_USER           = "fluxa_processor"
      DLQ_URL           = aws_sqs_queue.events_dead_letters.url
      FLUXA_ENVIRONMENT = "${var.name_prefix}${var.environment}"
      FLUXA_LOG_LEVEL   = var.logs_level
      PAYLOAD_BUCKET    = var.payloads_s3_bucket_id
      QUEUE_URL         = aws_sqs_queue.events.url
      TOPIC_ARN         = aws_sns_topic.notifications.arn
      }, !var.database_proxy ? {
      DB_CA_FILE = "/var/task/rds-ca.pem"
    } : {})
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.processor.name
    application_log_level = var.logs_level == "debug" ? "DEBUG" : "INFO"
    system_log_level      = var.logs_system_level
  }

  vpc_config {
    security_group_ids = [var.clients_security_group_id]
    subnet_ids         = var.isolated_subnet_ids
  }

  depends_on = [
    aws_iam_role_policy.processor_network_access,
    aws_iam_role_policy.processor,
  ]
}

resource "aws_lambda_alias" "processor" {
  name             = "live"
  function_name    = aws_lambda_function.processor.function_name
  function_version = aws_lambda_function.processor.version

  depends_on = [aws_lambda_invocation.migrations]
}

resource "aws_lambda_event_source_mapping" "processor_events" {
  event_source_arn                   = aws_sqs_queue.events.arn
  function_name                      = aws_lambda_alias.processor.arn
  batch_size                         = var.queue_batch_size
  maximum_batching_window_in_seconds = var.queue_batch_window_seconds
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = local.tags

  scaling_config {
    maximum_concurrency = var.functions_processor_maximum_concurrency
  }
}
