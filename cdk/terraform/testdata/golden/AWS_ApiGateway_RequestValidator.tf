# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_api_gateway_request_validator" "api_validator" {
  rest_api_id                 = aws_api_gateway_rest_api.api.id
  name                        = "${var.name_prefix}fluxa-${var.environment}"
  validate_request_body       = true
  validate_request_parameters = true
}
