# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_xray_group" "traces" {
  group_name        = "fluxa-${var.environment}"
  filter_expression = "service(\"fluxa-ingest-${var.environment}\") OR service(\"fluxa-processor-${var.environment}\") OR service(\"fluxa-query-${var.environment}\") OR service(\"fluxa-migrate-${var.environment}\") OR service(\"fluxa-maintain-${var.environment}\")"
  tags              = local.tags
}
