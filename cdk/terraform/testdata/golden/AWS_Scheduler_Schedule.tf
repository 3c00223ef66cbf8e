# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_scheduler_schedule" "maintenance" {
  name                = "${var.name_prefix}fluxa-maintain-${var.environment}"
  description         = "Fluxa: makes partitions ahead, drops expired ones and prunes keys"
  schedule_expression = var.events_maintain_every_hours == 1 ? "rate(1 hour)" : "rate(${var.events_maintain_every_hours} hours)"
  state               = "ENABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.maintain.arn
    role_arn = aws_iam_role.maintenance.arn
    input    = "{}"

    retry_policy {
      maximum_event_age_in_seconds = var.events_maintain_every_hours * 3600
      maximum_retry_attempts       = 2
    }
  }

  depends_on = [aws_lambda_invocation.migrations]
}
