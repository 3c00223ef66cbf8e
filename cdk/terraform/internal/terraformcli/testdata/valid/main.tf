terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = var.region
}

variable "region" {
  description = "Where everything is."
  type        = string
  default     = "eu-west-1"
}

variable "name" {
  description = "What the queue is called."
  type        = string
}

variable "readers" {
  description = "The roles that may receive."
  type        = list(string)
  default     = []
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "events" {
  name                       = var.name
  visibility_timeout_seconds = 540
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 10
  })

  tags = {
    Name = "events"
  }
}

resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.events.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([{
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.events.arn
      Principal = { Service = "sns.amazonaws.com" }
      Condition = { ArnEquals = { "aws:SourceArn" = module.topic.arn } }
      }], [for reader in var.readers : {
      Effect    = "Allow"
      Action    = ["sqs:ReceiveMessage", "sqs:DeleteMessage"]
      Resource  = aws_sqs_queue.events.arn
      Principal = { AWS = reader }
    }])
  })
}

resource "aws_lambda_function" "processor" {
  function_name = "${var.name}-processor"
  role          = "arn:aws:iam::123456789012:role/processor"
  runtime       = "provided.al2023"
  handler       = "bootstrap"
  filename      = "processor.zip"
  architectures = ["arm64"]
  memory_size   = 256
  timeout       = 90

  environment {
    variables = {
      QUEUE_URL = aws_sqs_queue.events.url
    }
  }

  tracing_config {
    mode = "Active"
  }
}

resource "aws_lambda_event_source_mapping" "processor" {
  event_source_arn        = aws_sqs_queue.events.arn
  function_name           = aws_lambda_function.processor.arn
  batch_size              = 50
  function_response_types = ["ReportBatchItemFailures"]
}

module "topic" {
  source = "./topic"

  name = var.name
}

output "queue_url" {
  description = "Where the events go."
  value       = aws_sqs_queue.events.url
}

output "topic_arn" {
  description = "Where the notifications come from."
  value       = module.topic.arn
}
