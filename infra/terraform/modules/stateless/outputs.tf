# Written by make terraform-export from the CDK app. Changes are made there.

output "api_endpoint" {
  description = "The API's address."
  value       = "https://${aws_api_gateway_rest_api.api.id}.execute-api.${local.region}.${data.aws_partition.current.dns_suffix}/${aws_api_gateway_stage.api.stage_name}"
}

output "api_key_id" {
  description = "The id of the first caller's API key."
  value       = aws_api_gateway_api_key.api.id
}

output "sqs_queue_url" {
  description = "The events queue."
  value       = aws_sqs_queue.events.url
}

output "dlq_url" {
  description = "The dead-letter queue."
  value       = aws_sqs_queue.events_dead_letters.url
}

output "topic_arn" {
  description = "The topic that announces each stored event."
  value       = aws_sns_topic.notifications.arn
}

output "ingest_function" {
  description = "The name of the function ingest."
  value       = aws_lambda_function.ingest.function_name
}

output "processor_function" {
  description = "The name of the function processor."
  value       = aws_lambda_function.processor.function_name
}

output "query_function" {
  description = "The name of the function query."
  value       = aws_lambda_function.query.function_name
}

output "migrate_function" {
  description = "The name of the function migrate."
  value       = aws_lambda_function.migrate.function_name
}

output "maintain_function" {
  description = "The name of the function maintain."
  value       = aws_lambda_function.maintain.function_name
}

output "alarm_topic_arn" {
  description = "The topic of the alarms."
  value       = aws_sns_topic.alarms.arn
}

output "dashboard_url" {
  description = "The dashboard."
  value       = "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards/dashboard/${var.name_prefix}fluxa-${var.environment}"
}
