# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_api_gateway_gateway_response" "api_throttled" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "THROTTLED"
  status_code   = "429"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.Retry-After"      = "'5'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Too Many Requests\",\"status\":429,\"detail\":\"too many requests; try again later\",\"code\":\"rate_limited\",\"correlation_id\":\"$context.requestId\"}"
  }
}
