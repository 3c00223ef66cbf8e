# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_kms_key" "topic_key" {
  description         = "encrypts the SNS topics of this stage of Fluxa"
  enable_key_rotation = true
  policy = jsonencode({
    Statement = [
      {
        Action = "kms:*"
        Effect = "Allow"
        Principal = {
          AWS = "arn:${local.partition}:iam::${local.account_id}:root"
        }
        Resource = "*"
      },
      {
        Action = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Condition = {
          StringEquals = {
            "aws:SourceAccount" = local.account_id
          }
        }
        Effect = "Allow"
        Principal = {
          Service = ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"]
        }
        Resource = "*"
        Sid      = "AlarmsMayBePublished"
      },
    ]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_kms_alias" "topic_key" {
  name          = "alias/${var.name_prefix}fluxa-topics-${var.environment}"
  target_key_id = aws_kms_key.topic_key.arn
}

resource "aws_sns_topic" "notifications" {
  name              = "${var.name_prefix}fluxa-notifications-${var.environment}"
  display_name      = "Fluxa ${var.name_prefix}${var.environment}"
  kms_master_key_id = aws_kms_key.topic_key.arn
  tags              = local.tags
}

resource "aws_sns_topic_policy" "notifications" {
  arn = aws_sns_topic.notifications.arn
  policy = jsonencode({
    Statement = [{
      Action = "sns:Publish"
      Condition = {
        Bool = {
          "aws:SecureTransport" = "false"
        }
      }
      Effect    = "Deny"
      Principal = "*"
      Resource  = aws_sns_topic.notifications.arn
      Sid       = "AllowPublishThroughSSLOnly"
    }]
    Version = "2012-10-17"
  })
}
