# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_api_gateway_api_key" "api" {
  name        = "${var.name_prefix}fluxa-${var.environment}"
  description = "The first caller's; make one for each further caller"
  enabled     = true
  tags        = local.tags
}
