# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_api_gateway_deployment" "api" {
  rest_api_id = aws_api_gateway_rest_api.api.id
  description = "Fluxa takes transaction events and tells what became of them"
  triggers = {
    redeployment = sha1(jsonencode([
      aws_api_gateway_resource.api_events,
      aws_api_gateway_method.api_health_get,
      aws_api_gateway_integration.api_health_get,
      aws_api_gateway_resource.api_health,
      aws_api_gateway_gateway_response.api_throttled,
      aws_api_gateway_request_validator.api_validator,
      aws_api_gateway_model.api_ingest_batch,
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }
}
