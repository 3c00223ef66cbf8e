# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_query_definition" "by_correlation_id" {
  name            = "${var.name_prefix}fluxa/${var.environment}/by correlation id"
  log_group_names = [aws_cloudwatch_log_group.processor.name]
  query_string = join("\n", [
    "fields @timestamp, service, level, message, route, status, result, event_id, deliveries, error_code, error",
    "| filter correlation_id = \"PUT THE CORRELATION ID HERE\"",
    "| sort @timestamp asc",
  ])
}
