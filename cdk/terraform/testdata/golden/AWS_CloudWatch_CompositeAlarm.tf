# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_composite_alarm" "unhealthy" {
  alarm_name        = "${var.name_prefix}fluxa-pipeline-unhealthy-${var.environment}"
  alarm_description = "Events are refused, stuck or given up: one of the alarms of which it is made tells which."
  alarm_rule        = "ALARM(\"${aws_cloudwatch_metric_alarm.dlq_depth.arn}\")"
  alarm_actions     = [aws_sns_topic.alarms.arn]
  ok_actions        = [aws_sns_topic.alarms.arn]
  tags              = local.tags
}
