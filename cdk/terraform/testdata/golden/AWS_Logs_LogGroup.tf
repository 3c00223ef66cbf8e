# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_log_group" "database_postgresql_log" {
  name              = "/aws/rds/instance/${var.name_prefix}fluxa-${var.environment}/postgresql"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "flow_log" {
  count = var.network_flow_logs ? 1 : 0

  name              = "/aws/vpc/${var.name_prefix}fluxa-flows-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "ingest" {
  name              = "/aws/lambda/${var.name_prefix}fluxa-ingest-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "processor" {
  name              = "/aws/lambda/${var.name_prefix}fluxa-processor-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "query" {
  name              = "/aws/lambda/${var.name_prefix}fluxa-query-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "migrate" {
  name              = "/aws/lambda/${var.name_prefix}fluxa-migrate-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "maintain" {
  name              = "/aws/lambda/${var.name_prefix}fluxa-maintain-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "api_access_log" {
  name              = "/aws/apigateway/${var.name_prefix}fluxa-${var.environment}/access"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "firewall" {
  count = var.api_firewall ? 1 : 0

  name              = "aws-waf-logs-${var.name_prefix}fluxa-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}
