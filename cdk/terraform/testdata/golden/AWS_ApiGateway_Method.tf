# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_api_gateway_method" "api_health_get" {
  rest_api_id          = aws_api_gateway_rest_api.api.id
  resource_id          = aws_api_gateway_resource.api_health.id
  http_method          = "GET"
  authorization        = "NONE"
  operation_name       = "health"
  request_validator_id = aws_api_gateway_request_validator.api_validator.id
}

resource "aws_api_gateway_integration" "api_health_get" {
  http_method             = aws_api_gateway_method.api_health_get.http_method
  resource_id             = aws_api_gateway_method.api_health_get.resource_id
  rest_api_id             = aws_api_gateway_method.api_health_get.rest_api_id
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = "arn:${local.partition}:apigateway:${local.region}:lambda:path/2015-03-31/functions/${aws_lambda_alias.query.arn}/invocations"
}
