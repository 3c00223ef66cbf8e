# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_sns_topic" "alarms" {
  name              = "fluxa-alarms-${var.environment}"
  display_name      = "Fluxa ${var.environment} alarms"
  kms_master_key_id = aws_kms_key.topic_key.arn
  tags              = local.tags
}

resource "aws_sns_topic" "notifications" {
  name              = "fluxa-notifications-${var.environment}"
  display_name      = "Fluxa ${var.environment}"
  kms_master_key_id = aws_kms_key.topic_key.arn
  tags              = local.tags
}
