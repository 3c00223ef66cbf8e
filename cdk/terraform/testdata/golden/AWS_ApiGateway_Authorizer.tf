# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_api_gateway_authorizer" "api_tokens" {
  rest_api_id                      = aws_api_gateway_rest_api.api.id
  name                             = "${var.name_prefix}fluxa-${var.environment}"
  type                             = "TOKEN"
  authorizer_uri                   = "arn:${local.partition}:apigateway:${local.region}:lambda:path/2015-03-31/functions/${aws_lambda_alias.query.arn}/invocations"
  authorizer_result_ttl_in_seconds = 60
  identity_source                  = "method.request.header.Authorization"
  identity_validation_expression   = "^[Bb]earer [A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+$"
}
