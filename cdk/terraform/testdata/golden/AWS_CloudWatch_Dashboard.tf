# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_dashboard" "dashboard" {
  dashboard_name = "${var.name_prefix}fluxa-${var.environment}"
  dashboard_body = jsonencode({
    start = "-PT3H"
    widgets = [{
      properties = {
        alarms = [aws_cloudwatch_metric_alarm.dlq_depth.arn]
        title  = "Alarms"
      }
      type = "alarm"
    }]
  })
}
