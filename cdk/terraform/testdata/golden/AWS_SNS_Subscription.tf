# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_sns_topic_subscription" "notifications_subscription" {
  topic_arn = aws_sns_topic.notifications.arn
  protocol  = "email"
  endpoint  = "team@example.com"
}
