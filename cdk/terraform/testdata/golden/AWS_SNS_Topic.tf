# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_sns_topic" "alarms" {
  name              = "${var.name_prefix}fluxa-alarms-${var.environment}"
  display_name      = "Fluxa ${var.name_prefix}${var.environment} alarms"
  kms_master_key_id = aws_kms_key.topic_key.arn
  tags              = local.tags
}

resource "aws_sns_topic" "notifications" {
  name              = "${var.name_prefix}fluxa-notifications-${var.environment}"
  display_name      = "Fluxa ${var.name_prefix}${var.environment}"
  kms_master_key_id = aws_kms_key.topic_key.arn
  tags              = local.tags
}
