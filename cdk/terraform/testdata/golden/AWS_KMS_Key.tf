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
          Service = "cloudwatch.amazonaws.com"
        }
        Resource = "*"
        Sid      = "AlarmsMayBePublished"
      },
    ]
    Version = "2012-10-17"
  })
  tags = local.tags
}
