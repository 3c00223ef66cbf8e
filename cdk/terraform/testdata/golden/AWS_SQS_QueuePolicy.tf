# Written by make terraform-export from the CDK app. Changes are made there.

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
