# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_xray_group" "traces" {
  group_name        = "${var.name_prefix}fluxa-${var.environment}"
  filter_expression = "service(\"${var.name_prefix}fluxa-ingest-${var.environment}\") OR service(\"${var.name_prefix}fluxa-processor-${var.environment}\") OR service(\"${var.name_prefix}fluxa-query-${var.environment}\") OR service(\"${var.name_prefix}fluxa-migrate-${var.environment}\")"
  tags              = local.tags
}
