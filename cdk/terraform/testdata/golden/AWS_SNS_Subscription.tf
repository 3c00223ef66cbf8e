# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_sns_topic_subscription" "email" {
  count = var.alarms_email != null ? 1 : 0

  topic_arn = aws_sns_topic.notifications.arn
  protocol  = "email"
  endpoint  = var.alarms_email
}
