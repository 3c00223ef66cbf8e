# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_kms_alias" "topic_key" {
  name          = "alias/${var.name_prefix}fluxa-topics-${var.environment}"
  target_key_id = aws_kms_key.topic_key.arn
}
