# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_api_gateway_rest_api" "api" {
  name        = "${var.name_prefix}fluxa-${var.environment}"
  description = "Fluxa takes transaction events and tells what became of them"
  tags        = local.tags

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}
