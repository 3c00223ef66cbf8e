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

resource "aws_sqs_queue" "events" {
  name                       = "${var.name_prefix}fluxa-events-${var.environment}"
  max_message_size           = 1048576
  message_retention_seconds  = 345600
  visibility_timeout_seconds = var.queue_batch_window_seconds + 6 * var.functions_processor_timeout_seconds
  sqs_managed_sse_enabled    = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.events_dead_letters.arn
    maxReceiveCount     = 10
  })
  tags = local.tags
}
