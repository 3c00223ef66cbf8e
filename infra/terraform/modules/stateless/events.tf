# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_sqs_queue" "events_dead_letters" {
  name                      = "${var.name_prefix}fluxa-dlq-${var.environment}"
  max_message_size          = 1048576
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns = [
      "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${var.name_prefix}fluxa-events-${var.environment}",
    ]
  })
  tags = local.tags
}

resource "aws_sqs_queue_policy" "events_dead_letters" {
  queue_url = aws_sqs_queue.events_dead_letters.url
  policy = jsonencode({
    Statement = [{
      Action = "sqs:*"
      Condition = {
        Bool = {
          "aws:SecureTransport" = "false"
        }
      }
      Effect = "Deny"
      Principal = {
        AWS = "*"
      }
      Resource = aws_sqs_queue.events_dead_letters.arn
    }]
    Version = "2012-10-17"
  })
}

resource "aws_sqs_queue" "events" {
  name                       = "${var.name_prefix}fluxa-events-${var.environment}"
  max_message_size           = 1048576
  message_retention_seconds  = 345600
  visibility_timeout_seconds = var.queue_batch_window_seconds + 6 * var.functions_processor_timeout_seconds
  sqs_managed_sse_enabled    = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.events_dead_letters.arn
    maxReceiveCount     = 1000
  })
  tags = local.tags
}

resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.events.url
  policy = jsonencode({
    Statement = [{
      Action = "sqs:*"
      Condition = {
        Bool = {
          "aws:SecureTransport" = "false"
        }
      }
      Effect = "Deny"
      Principal = {
        AWS = "*"
      }
      Resource = aws_sqs_queue.events.arn
    }]
    Version = "2012-10-17"
  })
}
