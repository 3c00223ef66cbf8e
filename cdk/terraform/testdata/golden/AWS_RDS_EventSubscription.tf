# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_db_event_subscription" "instance_events" {
  name             = "${var.name_prefix}fluxa-database-events-${var.environment}"
  sns_topic        = aws_sns_topic.notifications.arn
  source_type      = "db-instance"
  source_ids       = [var.database_db_instance_identifier]
  event_categories = ["failover", "low storage"]
  enabled          = true
  tags             = local.tags
}
