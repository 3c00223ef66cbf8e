# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_query_definition" "by_correlation_id" {
  name = "${var.name_prefix}fluxa/${var.environment}/by correlation id"
  log_group_names = [
    aws_cloudwatch_log_group.ingest.name,
    aws_cloudwatch_log_group.processor.name,
    aws_cloudwatch_log_group.query.name,
    aws_cloudwatch_log_group.migrate.name,
    aws_cloudwatch_log_group.maintain.name,
  ]
  query_string = join("\n", [
    "fields @timestamp, service, level, message, route, status, result, event_id, deliveries, error_code, error",
    "| filter correlation_id = \"PUT THE CORRELATION ID HERE\"",
    "| sort @timestamp asc",
  ])
}

resource "aws_cloudwatch_query_definition" "by_error_code" {
  name = "${var.name_prefix}fluxa/${var.environment}/by error code"
  log_group_names = [
    aws_cloudwatch_log_group.ingest.name,
    aws_cloudwatch_log_group.processor.name,
    aws_cloudwatch_log_group.query.name,
    aws_cloudwatch_log_group.migrate.name,
    aws_cloudwatch_log_group.maintain.name,
  ]
  query_string = join("\n", [
    "filter ispresent(error_code)",
    "| stats count(*) as lines, latest(error) as last, max(@timestamp) as at by service, error_code",
    "| sort lines desc",
  ])
}

resource "aws_cloudwatch_query_definition" "retries" {
  name = "${var.name_prefix}fluxa/${var.environment}/retries by code"
  log_group_names = [
    aws_cloudwatch_log_group.ingest.name,
    aws_cloudwatch_log_group.processor.name,
    aws_cloudwatch_log_group.query.name,
    aws_cloudwatch_log_group.migrate.name,
    aws_cloudwatch_log_group.maintain.name,
  ]
  query_string = join("\n", [
    "filter message = \"message\" and result = \"retried\"",
    "| stats count(*) as retries, max(deliveries), max(retry_in_s) by error_code, bin(5m)",
  ])
}

resource "aws_cloudwatch_query_definition" "slowest" {
  name = "${var.name_prefix}fluxa/${var.environment}/slowest requests"
  log_group_names = [
    aws_cloudwatch_log_group.ingest.name,
    aws_cloudwatch_log_group.processor.name,
    aws_cloudwatch_log_group.query.name,
    aws_cloudwatch_log_group.migrate.name,
    aws_cloudwatch_log_group.maintain.name,
  ]
  query_string = join("\n", [
    "fields @timestamp, service, route, status, duration_ms, correlation_id",
    "| filter message = \"request\"",
    "| sort duration_ms desc",
    "| limit 50",
  ])
}

resource "aws_cloudwatch_query_definition" "clients" {
  name            = "${var.name_prefix}fluxa/${var.environment}/requests by client"
  log_group_names = [aws_cloudwatch_log_group.api_access_log.name]
  query_string = join("\n", [
    "parse principal /:assumed-role\\/(?<role>[^\\/]+)/",
    "| parse status /^(?<throttle>429)$/",
    "| parse status /^(?<refusal>4([013-9][0-9]|2[0-8]))$/",
    "| stats count(*) as requests, count(refusal) as refused, count(throttle) as throttled by caller, role, subject",
    "| sort requests desc",
  ])
}
