# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_api_gateway_stage" "api" {
  rest_api_id          = aws_api_gateway_rest_api.api.id
  deployment_id        = aws_api_gateway_deployment.api.id
  stage_name           = "${var.name_prefix}${var.environment}"
  xray_tracing_enabled = true
  tags                 = local.tags

  access_log_settings {
    destination_arn = "${aws_cloudwatch_log_group.api_access_log.arn}:*"
    format = jsonencode({
      caller                 = "$context.identity.apiKeyId"
      error                  = "$context.error.message"
      error_type             = "$context.error.responseType"
      extended_request_id    = "$context.extendedRequestId"
      firewall               = "$context.wafResponseCode"
      integration_latency_ms = "$context.integrationLatency"
      integration_status     = "$context.integrationStatus"
      latency_ms             = "$context.responseLatency"
      method                 = "$context.httpMethod"
      path                   = "$context.path"
      principal              = "$context.identity.userArn"
      protocol               = "$context.protocol"
      request_id             = "$context.requestId"
      response_bytes         = "$context.responseLength"
      route                  = "$context.resourcePath"
      source_ip              = "$context.identity.sourceIp"
      status                 = "$context.status"
      timestamp              = "$context.requestTime"
      trace_id               = "$context.xrayTraceId"
      user_agent             = "$context.identity.userAgent"
    })
  }

  depends_on = [aws_api_gateway_account.api]
}

resource "aws_api_gateway_method_settings" "api" {
  rest_api_id = aws_api_gateway_stage.api.rest_api_id
  stage_name  = aws_api_gateway_stage.api.stage_name
  method_path = "*/*"

  settings {
    logging_level          = "ERROR"
    data_trace_enabled     = false
    metrics_enabled        = true
    throttling_burst_limit = var.api_burst
    throttling_rate_limit  = var.api_rate_per_second
  }
}
