# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_log_group" "maintain" {
  name              = "/aws/lambda/${var.name_prefix}fluxa-maintain-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_iam_role" "maintain" {
  name        = "${var.name_prefix}fluxa-maintain-${var.environment}-${local.region}"
  description = "${var.name_prefix}fluxa-maintain-${var.environment}"
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

resource "aws_iam_role_policy" "maintain" {
  name = "maintain"
  role = aws_iam_role.maintain.name
  policy = jsonencode({
    Statement = [
      {
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Effect   = "Allow"
        Resource = "${aws_cloudwatch_log_group.maintain.arn}:*"
      },
      {
        Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Effect   = "Allow"
        Resource = "*"
      },
      {
        Action   = ["s3:GetObject", "s3:PutObject"]
        Effect   = "Allow"
        Resource = "${var.payloads_s3_bucket_arn}/exports/*"
      },
      {
        Action   = "sqs:SendMessage"
        Effect   = "Allow"
        Resource = aws_sqs_queue.events.arn
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
        Action   = ["s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion"]
        Effect   = "Allow"
        Resource = "${var.payloads_s3_bucket_arn}/raw/*"
      },
      {
        Action   = ["s3:ListBucket", "s3:ListBucketVersions"]
        Effect   = "Allow"
        Resource = var.payloads_s3_bucket_arn
      },
      {
        Action   = "rds-db:connect"
        Effect   = "Allow"
        Resource = "arn:${local.partition}:rds-db:${local.region}:${local.account_id}:dbuser:${var.database_db_instance_resource_id}/fluxa_maintain"
      },
    ]
    Version = "2012-10-17"
  })
}

resource "aws_iam_role_policy" "maintain_network_access" {
  name = "maintain-network-access"
  role = aws_iam_role.maintain.name
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
            "lambda:SourceFunctionArn" = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name_prefix}fluxa-maintain-${var.environment}"
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

resource "aws_lambda_function" "maintain" {
  function_name    = "${var.name_prefix}fluxa-maintain-${var.environment}"
  description      = "Fluxa: makes partitions ahead, drops expired ones, prunes keys, and does what operators ask for"
  filename         = var.lambda_maintain_zip_path
  source_code_hash = filebase64sha256(var.lambda_maintain_zip_path)
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = ["arm64"]
  memory_size      = var.functions_maintain_memory_mib
  timeout          = var.functions_maintain_timeout_seconds
  role             = aws_iam_role.maintain.arn
  tags             = local.tags

  environment {
    variables = {
      DB_CA_FILE           = "/var/task/rds-ca.pem"
      DB_HOST              = var.database_db_instance_address
      DB_MAX_CONNS         = "1"
      DB_NAME              = "fluxa"
      DB_PORT              = "5432"
      DB_USER              = "fluxa_maintain"
      FLUXA_ENVIRONMENT    = "${var.name_prefix}${var.environment}"
      FLUXA_LOG_LEVEL      = var.logs_level
      FLUXA_RETENTION_DAYS = var.events_retention_days
      PAYLOAD_BUCKET       = var.payloads_s3_bucket_id
      QUEUE_URL            = aws_sqs_queue.events.url
      TOPIC_ARN            = aws_sns_topic.notifications.arn
    }
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.maintain.name
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
    aws_iam_role_policy.maintain_network_access,
    aws_iam_role_policy.maintain,
  ]
}

resource "aws_iam_role" "maintenance" {
  name        = "${var.name_prefix}fluxa-maintenance-${var.environment}-${local.region}"
  description = "${var.name_prefix}fluxa-maintain-${var.environment}"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = local.account_id
        }
      }
      Effect = "Allow"
      Principal = {
        Service = "scheduler.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role_policy" "maintenance" {
  name = "maintenance"
  role = aws_iam_role.maintenance.name
  policy = jsonencode({
    Statement = [{
      Action   = "lambda:InvokeFunction"
      Effect   = "Allow"
      Resource = aws_lambda_function.maintain.arn
    }]
    Version = "2012-10-17"
  })
}

resource "aws_scheduler_schedule" "maintenance" {
  name                = "${var.name_prefix}fluxa-maintain-${var.environment}"
  description         = "Fluxa: makes partitions ahead, drops expired ones and prunes keys"
  schedule_expression = var.events_maintain_every_hours == 1 ? "rate(1 hour)" : "rate(${var.events_maintain_every_hours} hours)"
  state               = "ENABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.maintain.arn
    role_arn = aws_iam_role.maintenance.arn
    input    = "{}"

    retry_policy {
      maximum_event_age_in_seconds = var.events_maintain_every_hours * 3600
      maximum_retry_attempts       = 2
    }
  }

  depends_on = [
    aws_iam_role_policy.maintenance,
    aws_lambda_invocation.migrations,
  ]
}
