# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_s3_bucket_policy" "payloads_access_logs" {
  bucket = aws_s3_bucket.payloads_access_logs.id
  policy = jsonencode({
    Statement = [
      {
        Action = "s3:*"
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
        Effect = "Deny"
        Principal = {
          AWS = "*"
        }
        Resource = [aws_s3_bucket.payloads_access_logs.arn, "${aws_s3_bucket.payloads_access_logs.arn}/*"]
      },
      {
        Action = "s3:*"
        Condition = {
          NumericLessThan = {
            "s3:TlsVersion" = 1.2
          }
        }
        Effect = "Deny"
        Principal = {
          AWS = "*"
        }
        Resource = [aws_s3_bucket.payloads_access_logs.arn, "${aws_s3_bucket.payloads_access_logs.arn}/*"]
      },
      {
        Action = "s3:PutObject"
        Condition = {
          ArnLike = {
            "aws:SourceArn" = aws_s3_bucket.payloads.arn
          }
          StringEquals = {
            "aws:SourceAccount" = local.account_id
          }
        }
        Effect = "Allow"
        Principal = {
          Service = "logging.s3.amazonaws.com"
        }
        Resource = "${aws_s3_bucket.payloads_access_logs.arn}/payloads/*"
      },
    ]
    Version = "2012-10-17"
  })
}
