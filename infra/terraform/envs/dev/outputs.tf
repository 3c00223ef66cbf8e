# Written by make terraform-export from the CDK app. Changes are made there.

output "api_endpoint" {
  description = "The API's address."
  value       = module.stateless.api_endpoint
}

output "api_key_id" {
  description = "The id of the first caller's API key."
  value       = module.stateless.api_key_id
}

output "operator_security_group_id" {
  description = "The security group for people who look into the database."
  value       = module.stateful.operator_security_group_id
}

output "db_endpoint" {
  description = "The database's host name, in the VPC."
  value       = module.stateful.db_endpoint
}

output "db_username" {
  description = "The database's administrator."
  value       = module.stateful.db_username
}

output "db_secret_arn" {
  description = "The secret with the administrator's password."
  value       = module.stateful.db_secret_arn
}

output "sqs_queue_url" {
  description = "The events queue."
  value       = module.stateless.sqs_queue_url
}

output "dlq_url" {
  description = "The dead-letter queue."
  value       = module.stateless.dlq_url
}

output "payload_bucket" {
  description = "The bucket of payloads over the inline limit."
  value       = module.stateful.payload_bucket
}

output "topic_arn" {
  description = "The topic that announces each stored event."
  value       = module.stateless.topic_arn
}

output "ingest_function" {
  description = "The name of the function ingest."
  value       = module.stateless.ingest_function
}

output "processor_function" {
  description = "The name of the function processor."
  value       = module.stateless.processor_function
}

output "query_function" {
  description = "The name of the function query."
  value       = module.stateless.query_function
}

output "migrate_function" {
  description = "The name of the function migrate."
  value       = module.stateless.migrate_function
}

output "maintain_function" {
  description = "The name of the function maintain."
  value       = module.stateless.maintain_function
}

output "alarm_topic_arn" {
  description = "The topic of the alarms."
  value       = module.stateless.alarm_topic_arn
}

output "dashboard_url" {
  description = "The dashboard."
  value       = module.stateless.dashboard_url
}
