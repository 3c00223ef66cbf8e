# Written by make terraform-export from the CDK app. Changes are made there.

output "operator_security_group_id" {
  description = "The security group for people who look into the database."
  value       = aws_security_group.operators.id
}

output "db_endpoint" {
  description = "The database's host name, in the VPC."
  value       = coalesce(var.database_adopted_host, aws_db_instance.database.address)
}

output "db_username" {
  description = "The database's administrator."
  value       = "fluxa"
}

output "db_secret_arn" {
  description = "The secret with the administrator's password."
  value       = coalesce(var.database_adopted_secret_arn, aws_db_instance.database.master_user_secret[0].secret_arn)
}

output "payload_bucket" {
  description = "The bucket of payloads over the inline limit."
  value       = aws_s3_bucket.payloads.id
}

output "clients_security_group_id" {
  description = "The id of aws_security_group.clients."
  value       = aws_security_group.clients.id
}

output "database_db_instance_address" {
  description = "The address of aws_db_instance.database."
  value       = coalesce(var.database_adopted_host, aws_db_instance.database.address)

  depends_on = [
    aws_vpc_security_group_ingress_rule.database_from_clients_5432,
    aws_vpc_security_group_ingress_rule.database_from_operators_5432,
    aws_vpc_security_group_ingress_rule.database_from_database_proxy,
    aws_vpc_security_group_ingress_rule.database_proxy_from_clients_5432,
    aws_vpc_security_group_egress_rule.database_proxy_to_database,
    aws_db_proxy_target.database,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.sqs,
    aws_vpc_endpoint.sns,
    aws_vpc_endpoint.secrets_manager,
    aws_vpc_security_group_egress_rule.clients_443,
    aws_vpc_security_group_egress_rule.clients_5432,
    aws_vpc_security_group_egress_rule.operators_5432,
    aws_vpc_security_group_ingress_rule.endpoints_from_clients_443,
  ]
}

output "database_db_instance_identifier" {
  description = "The identifier of aws_db_instance.database."
  value       = coalesce(var.database_adopted_name, aws_db_instance.database.identifier)
}

output "database_db_instance_resource_id" {
  description = "The resource id of aws_db_instance.database."
  value       = coalesce(var.database_adopted_resource_id, aws_db_instance.database.resource_id)
}

output "database_db_instance_secret_arn" {
  description = "The ARN of the password's secret of aws_db_instance.database."
  value       = coalesce(var.database_adopted_secret_arn, aws_db_instance.database.master_user_secret[0].secret_arn)
}

output "database_db_proxy_arn" {
  description = "The arn of aws_db_proxy.database."
  value       = one(aws_db_proxy.database[*].arn)
}

output "database_db_proxy_endpoint" {
  description = "The endpoint of aws_db_proxy.database."
  value       = one(aws_db_proxy.database[*].endpoint)

  depends_on = [
    aws_vpc_security_group_ingress_rule.database_from_clients_5432,
    aws_vpc_security_group_ingress_rule.database_from_operators_5432,
    aws_vpc_security_group_ingress_rule.database_from_database_proxy,
    aws_vpc_security_group_ingress_rule.database_proxy_from_clients_5432,
    aws_vpc_security_group_egress_rule.database_proxy_to_database,
    aws_db_proxy_target.database,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.sqs,
    aws_vpc_endpoint.sns,
    aws_vpc_endpoint.secrets_manager,
    aws_vpc_security_group_egress_rule.clients_443,
    aws_vpc_security_group_egress_rule.clients_5432,
    aws_vpc_security_group_egress_rule.operators_5432,
    aws_vpc_security_group_ingress_rule.endpoints_from_clients_443,
  ]
}

output "database_db_proxy_name" {
  description = "The name of aws_db_proxy.database."
  value       = one(aws_db_proxy.database[*].name)
}

output "isolated_subnet_ids" {
  description = "The id of each of aws_subnet.isolated."
  value       = aws_subnet.isolated[*].id
}

output "payloads_s3_bucket_arn" {
  description = "The arn of aws_s3_bucket.payloads."
  value       = aws_s3_bucket.payloads.arn
}

output "payloads_s3_bucket_id" {
  description = "The id of aws_s3_bucket.payloads."
  value       = aws_s3_bucket.payloads.id
}
