# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
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
      Resource  = aws_sns_topic.alarms.arn
      Sid       = "AllowPublishThroughSSLOnly"
    }]
    Version = "2012-10-17"
  })
}
