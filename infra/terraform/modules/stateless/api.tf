# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_log_group" "api_access_log" {
  name              = "/aws/apigateway/${var.name_prefix}fluxa-${var.environment}/access"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_api_gateway_rest_api" "api" {
  name                     = "${var.name_prefix}fluxa-${var.environment}"
  description              = "Fluxa takes transaction events and tells what became of them"
  minimum_compression_size = 0
  tags                     = local.tags

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_iam_role" "api_logs" {
  count = var.api_account_role ? 1 : 0

  name = "${var.name_prefix}fluxa-api-logs-${var.environment}-${local.region}"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Effect = "Allow"
      Principal = {
        Service = "apigateway.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role_policy_attachment" "api_logs" {
  count = var.api_account_role ? 1 : 0

  role       = aws_iam_role.api_logs[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

resource "aws_api_gateway_account" "api" {
  count = var.api_account_role ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.api_logs[0].arn

  depends_on = [aws_api_gateway_rest_api.api]
}

resource "aws_api_gateway_deployment" "api" {
  rest_api_id = aws_api_gateway_rest_api.api.id
  description = "Fluxa takes transaction events and tells what became of them"
  triggers = {
    redeployment = sha1(jsonencode([
      aws_api_gateway_gateway_response.api_authorizer_failed,
      aws_api_gateway_gateway_response.api_bad_api,
      aws_api_gateway_gateway_response.api_bad_authorizer,
      aws_api_gateway_gateway_response.api_bad_body,
      aws_api_gateway_gateway_response.api_bad_parameters,
      aws_api_gateway_gateway_response.api_bad_signature,
      aws_api_gateway_gateway_response.api_broken,
      aws_api_gateway_method.api_events_event_id_get,
      aws_api_gateway_integration.api_events_event_id_get,
      aws_api_gateway_method.api_events_event_id_payload_get,
      aws_api_gateway_integration.api_events_event_id_payload_get,
      aws_api_gateway_resource.api_events_event_id_payload,
      aws_api_gateway_resource.api_events_event_id,
      aws_api_gateway_method.api_events_event_id_status_get,
      aws_api_gateway_integration.api_events_event_id_status_get,
      aws_api_gateway_resource.api_events_event_id_status,
      aws_api_gateway_method.api_events_batch_post,
      aws_api_gateway_integration.api_events_batch_post,
      aws_api_gateway_resource.api_events_batch,
      aws_api_gateway_method.api_events_get,
      aws_api_gateway_integration.api_events_get,
      aws_api_gateway_method.api_events_post,
      aws_api_gateway_integration.api_events_post,
      aws_api_gateway_resource.api_events,
      aws_api_gateway_method.api_health_get,
      aws_api_gateway_integration.api_health_get,
      aws_api_gateway_resource.api_health,
      aws_api_gateway_gateway_response.api_denied,
      aws_api_gateway_gateway_response.api_expired_token,
      aws_api_gateway_gateway_response.api_firewall,
      aws_api_gateway_gateway_response.api_media_type,
      aws_api_gateway_gateway_response.api_no_key,
      aws_api_gateway_gateway_response.api_no_resource,
      aws_api_gateway_gateway_response.api_no_signature,
      aws_api_gateway_gateway_response.api_other4xx,
      aws_api_gateway_gateway_response.api_other5xx,
      aws_api_gateway_gateway_response.api_quota,
      aws_api_gateway_gateway_response.api_throttled,
      aws_api_gateway_gateway_response.api_timeout,
      aws_api_gateway_gateway_response.api_too_large,
      aws_api_gateway_gateway_response.api_unauthorized,
      aws_api_gateway_request_validator.api_validator,
      aws_api_gateway_model.api_ingest_batch,
      aws_api_gateway_model.api_ingest_event,
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }
}

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
      subject                = "$context.authorizer.principalId"
      timestamp              = "$context.requestTime"
      trace_id               = "$context.xrayTraceId"
      user_agent             = "$context.identity.userAgent"
    })
  }

  depends_on = [
    aws_api_gateway_account.api,
    aws_cloudwatch_log_group.api_execution_log,
  ]
}

resource "aws_api_gateway_method_settings" "api" {
  rest_api_id = aws_api_gateway_stage.api.rest_api_id
  stage_name  = aws_api_gateway_stage.api.stage_name
  method_path = "*/*"

  settings {
    logging_level          = "ERROR"
    data_trace_enabled     = false
    metrics_enabled        = false
    throttling_burst_limit = var.api_burst
    throttling_rate_limit  = var.api_rate_per_second
  }
}

resource "aws_api_gateway_resource" "api_events" {
  rest_api_id = aws_api_gateway_rest_api.api.id
  parent_id   = aws_api_gateway_rest_api.api.root_resource_id
  path_part   = "events"
}

resource "aws_lambda_permission" "api_events_post" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.ingest.function_name
  qualifier     = aws_lambda_alias.ingest.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:${local.partition}:execute-api:${local.region}:${local.account_id}:${aws_api_gateway_rest_api.api.id}/${aws_api_gateway_stage.api.stage_name}/POST/events"
}

resource "aws_api_gateway_method" "api_events_post" {
  rest_api_id          = aws_api_gateway_rest_api.api.id
  resource_id          = aws_api_gateway_resource.api_events.id
  http_method          = "POST"
  authorization        = "NONE"
  api_key_required     = true
  operation_name       = "ingestEvent"
  request_validator_id = aws_api_gateway_request_validator.api_validator.id
  request_models = {
    "application/json" = aws_api_gateway_model.api_ingest_event.name
  }
}

resource "aws_api_gateway_integration" "api_events_post" {
  http_method             = aws_api_gateway_method.api_events_post.http_method
  resource_id             = aws_api_gateway_method.api_events_post.resource_id
  rest_api_id             = aws_api_gateway_method.api_events_post.rest_api_id
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = "arn:${local.partition}:apigateway:${local.region}:lambda:path/2015-03-31/functions/${aws_lambda_alias.ingest.arn}/invocations"
}

resource "aws_api_gateway_resource" "api_events_batch" {
  rest_api_id = aws_api_gateway_rest_api.api.id
  parent_id   = aws_api_gateway_resource.api_events.id
  path_part   = "batch"
}

resource "aws_lambda_permission" "api_events_batch_post" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.ingest.function_name
  qualifier     = aws_lambda_alias.ingest.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:${local.partition}:execute-api:${local.region}:${local.account_id}:${aws_api_gateway_rest_api.api.id}/${aws_api_gateway_stage.api.stage_name}/POST/events/batch"
}

resource "aws_api_gateway_method" "api_events_batch_post" {
  rest_api_id          = aws_api_gateway_rest_api.api.id
  resource_id          = aws_api_gateway_resource.api_events_batch.id
  http_method          = "POST"
  authorization        = "NONE"
  api_key_required     = true
  operation_name       = "ingestBatch"
  request_validator_id = aws_api_gateway_request_validator.api_validator.id
  request_models = {
    "application/json" = aws_api_gateway_model.api_ingest_batch.name
  }
}

resource "aws_api_gateway_integration" "api_events_batch_post" {
  http_method             = aws_api_gateway_method.api_events_batch_post.http_method
  resource_id             = aws_api_gateway_method.api_events_batch_post.resource_id
  rest_api_id             = aws_api_gateway_method.api_events_batch_post.rest_api_id
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = "arn:${local.partition}:apigateway:${local.region}:lambda:path/2015-03-31/functions/${aws_lambda_alias.ingest.arn}/invocations"
}

resource "aws_lambda_permission" "api_events_get" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.query.function_name
  qualifier     = aws_lambda_alias.query.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:${local.partition}:execute-api:${local.region}:${local.account_id}:${aws_api_gateway_rest_api.api.id}/${aws_api_gateway_stage.api.stage_name}/GET/events"
}

resource "aws_api_gateway_method" "api_events_get" {
  rest_api_id          = aws_api_gateway_rest_api.api.id
  resource_id          = aws_api_gateway_resource.api_events.id
  http_method          = "GET"
  authorization        = "NONE"
  api_key_required     = true
  operation_name       = "listEvents"
  request_validator_id = aws_api_gateway_request_validator.api_validator.id
}

resource "aws_api_gateway_integration" "api_events_get" {
  http_method             = aws_api_gateway_method.api_events_get.http_method
  resource_id             = aws_api_gateway_method.api_events_get.resource_id
  rest_api_id             = aws_api_gateway_method.api_events_get.rest_api_id
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = "arn:${local.partition}:apigateway:${local.region}:lambda:path/2015-03-31/functions/${aws_lambda_alias.query.arn}/invocations"
}

resource "aws_api_gateway_resource" "api_events_event_id" {
  rest_api_id = aws_api_gateway_rest_api.api.id
  parent_id   = aws_api_gateway_resource.api_events.id
  path_part   = "{event_id}"
}

resource "aws_lambda_permission" "api_events_event_id_get" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.query.function_name
  qualifier     = aws_lambda_alias.query.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:${local.partition}:execute-api:${local.region}:${local.account_id}:${aws_api_gateway_rest_api.api.id}/${aws_api_gateway_stage.api.stage_name}/GET/events/*"
}

resource "aws_api_gateway_method" "api_events_event_id_get" {
  rest_api_id          = aws_api_gateway_rest_api.api.id
  resource_id          = aws_api_gateway_resource.api_events_event_id.id
  http_method          = "GET"
  authorization        = "NONE"
  api_key_required     = true
  operation_name       = "getEvent"
  request_validator_id = aws_api_gateway_request_validator.api_validator.id
}

resource "aws_api_gateway_integration" "api_events_event_id_get" {
  http_method             = aws_api_gateway_method.api_events_event_id_get.http_method
  resource_id             = aws_api_gateway_method.api_events_event_id_get.resource_id
  rest_api_id             = aws_api_gateway_method.api_events_event_id_get.rest_api_id
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = "arn:${local.partition}:apigateway:${local.region}:lambda:path/2015-03-31/functions/${aws_lambda_alias.query.arn}/invocations"
}

resource "aws_api_gateway_resource" "api_events_event_id_payload" {
  rest_api_id = aws_api_gateway_rest_api.api.id
  parent_id   = aws_api_gateway_resource.api_events_event_id.id
  path_part   = "payload"
}

resource "aws_lambda_permission" "api_events_event_id_payload_get" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.query.function_name
  qualifier     = aws_lambda_alias.query.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:${local.partition}:execute-api:${local.region}:${local.account_id}:${aws_api_gateway_rest_api.api.id}/${aws_api_gateway_stage.api.stage_name}/GET/events/*/payload"
}

resource "aws_api_gateway_method" "api_events_event_id_payload_get" {
  rest_api_id          = aws_api_gateway_rest_api.api.id
  resource_id          = aws_api_gateway_resource.api_events_event_id_payload.id
  http_method          = "GET"
  authorization        = "NONE"
  api_key_required     = true
  operation_name       = "getEventPayload"
  request_validator_id = aws_api_gateway_request_validator.api_validator.id
}

resource "aws_api_gateway_integration" "api_events_event_id_payload_get" {
  http_method             = aws_api_gateway_method.api_events_event_id_payload_get.http_method
  resource_id             = aws_api_gateway_method.api_events_event_id_payload_get.resource_id
  rest_api_id             = aws_api_gateway_method.api_events_event_id_payload_get.rest_api_id
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = "arn:${local.partition}:apigateway:${local.region}:lambda:path/2015-03-31/functions/${aws_lambda_alias.query.arn}/invocations"
}

resource "aws_api_gateway_resource" "api_events_event_id_status" {
  rest_api_id = aws_api_gateway_rest_api.api.id
  parent_id   = aws_api_gateway_resource.api_events_event_id.id
  path_part   = "status"
}

resource "aws_lambda_permission" "api_events_event_id_status_get" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.query.function_name
  qualifier     = aws_lambda_alias.query.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:${local.partition}:execute-api:${local.region}:${local.account_id}:${aws_api_gateway_rest_api.api.id}/${aws_api_gateway_stage.api.stage_name}/GET/events/*/status"
}

resource "aws_api_gateway_method" "api_events_event_id_status_get" {
  rest_api_id          = aws_api_gateway_rest_api.api.id
  resource_id          = aws_api_gateway_resource.api_events_event_id_status.id
  http_method          = "GET"
  authorization        = "NONE"
  api_key_required     = true
  operation_name       = "getEventStatus"
  request_validator_id = aws_api_gateway_request_validator.api_validator.id
}

resource "aws_api_gateway_integration" "api_events_event_id_status_get" {
  http_method             = aws_api_gateway_method.api_events_event_id_status_get.http_method
  resource_id             = aws_api_gateway_method.api_events_event_id_status_get.resource_id
  rest_api_id             = aws_api_gateway_method.api_events_event_id_status_get.rest_api_id
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = "arn:${local.partition}:apigateway:${local.region}:lambda:path/2015-03-31/functions/${aws_lambda_alias.query.arn}/invocations"
}

resource "aws_api_gateway_resource" "api_health" {
  rest_api_id = aws_api_gateway_rest_api.api.id
  parent_id   = aws_api_gateway_rest_api.api.root_resource_id
  path_part   = "health"
}

resource "aws_lambda_permission" "api_health_get" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.query.function_name
  qualifier     = aws_lambda_alias.query.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:${local.partition}:execute-api:${local.region}:${local.account_id}:${aws_api_gateway_rest_api.api.id}/${aws_api_gateway_stage.api.stage_name}/GET/health"
}

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

resource "aws_api_gateway_request_validator" "api_validator" {
  rest_api_id                 = aws_api_gateway_rest_api.api.id
  name                        = "${var.name_prefix}fluxa-${var.environment}"
  validate_request_body       = true
  validate_request_parameters = true
}

resource "aws_api_gateway_gateway_response" "api_bad_body" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "BAD_REQUEST_BODY"
  status_code   = "422"
  response_parameters = {
    "gatewayresponse.header.Content-Type"       = "'application/problem+json'"
    "gatewayresponse.header.X-Correlation-ID"   = "context.requestId"
    "gatewayresponse.header.X-Validation-Error" = "context.error.validationErrorString"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Unprocessable Entity\",\"status\":422,\"detail\":\"the body does not follow the schema of the request; the header X-Validation-Error says where\",\"instance\":\"$context.path\",\"code\":\"invalid_event\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_bad_parameters" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "BAD_REQUEST_PARAMETERS"
  status_code   = "422"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Unprocessable Entity\",\"status\":422,\"detail\":$context.error.messageString,\"instance\":\"$context.path\",\"code\":\"invalid_value\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_no_key" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "INVALID_API_KEY"
  status_code   = "403"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,\"detail\":\"the header x-api-key has no key of this API\",\"instance\":\"$context.path\",\"code\":\"forbidden\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_denied" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "ACCESS_DENIED"
  status_code   = "403"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,\"detail\":$context.error.messageString,\"instance\":\"$context.path\",\"code\":\"forbidden\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_unauthorized" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "UNAUTHORIZED"
  status_code   = "401"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Unauthorized\",\"status\":401,\"detail\":$context.error.messageString,\"instance\":\"$context.path\",\"code\":\"unauthorized\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_firewall" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "WAF_FILTERED"
  status_code   = "403"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,\"detail\":\"the firewall refused the request\",\"instance\":\"$context.path\",\"code\":\"forbidden\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

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
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Too Many Requests\",\"status\":429,\"detail\":\"too many requests; try again later\",\"instance\":\"$context.path\",\"code\":\"rate_limited\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_quota" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "QUOTA_EXCEEDED"
  status_code   = "429"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.Retry-After"      = "'5'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Too Many Requests\",\"status\":429,\"detail\":\"the key's quota is used up\",\"instance\":\"$context.path\",\"code\":\"rate_limited\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_too_large" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "REQUEST_TOO_LARGE"
  status_code   = "413"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Request Entity Too Large\",\"status\":413,\"detail\":\"a body may have 5242880 bytes\",\"instance\":\"$context.path\",\"code\":\"payload_too_large\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_media_type" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "UNSUPPORTED_MEDIA_TYPE"
  status_code   = "415"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Unsupported Media Type\",\"status\":415,\"detail\":$context.error.messageString,\"instance\":\"$context.path\",\"code\":\"unsupported_media_type\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_timeout" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "INTEGRATION_TIMEOUT"
  status_code   = "504"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.Retry-After"      = "'5'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Gateway Timeout\",\"status\":504,\"detail\":\"the request took too long; it may have been accepted: send it again with the same id\",\"instance\":\"$context.path\",\"code\":\"internal\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_expired_token" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "EXPIRED_TOKEN"
  status_code   = "403"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,\"detail\":$context.error.messageString,\"instance\":\"$context.path\",\"code\":\"forbidden\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_bad_signature" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "INVALID_SIGNATURE"
  status_code   = "403"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,\"detail\":$context.error.messageString,\"instance\":\"$context.path\",\"code\":\"forbidden\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_no_resource" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "RESOURCE_NOT_FOUND"
  status_code   = "404"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"there is no such path\",\"instance\":\"$context.path\",\"code\":\"not_found\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_broken" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "INTEGRATION_FAILURE"
  status_code   = "504"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.Retry-After"      = "'5'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Gateway Timeout\",\"status\":504,\"detail\":\"the request failed; it may have been accepted: send it again with the same id\",\"instance\":\"$context.path\",\"code\":\"internal\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_bad_api" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "API_CONFIGURATION_ERROR"
  status_code   = "500"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.Retry-After"      = "'5'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500,\"detail\":\"internal error\",\"instance\":\"$context.path\",\"code\":\"internal\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_bad_authorizer" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "AUTHORIZER_CONFIGURATION_ERROR"
  status_code   = "500"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.Retry-After"      = "'5'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500,\"detail\":\"internal error\",\"instance\":\"$context.path\",\"code\":\"internal\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_authorizer_failed" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "AUTHORIZER_FAILURE"
  status_code   = "500"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.Retry-After"      = "'5'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500,\"detail\":\"internal error\",\"instance\":\"$context.path\",\"code\":\"internal\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_other4xx" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "DEFAULT_4XX"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"detail\":$context.error.messageString,\"instance\":\"$context.path\",\"code\":\"invalid_value\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_other5xx" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "DEFAULT_5XX"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.Retry-After"      = "'5'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"detail\":\"internal error\",\"instance\":\"$context.path\",\"code\":\"internal\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_gateway_response" "api_no_signature" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  response_type = "MISSING_AUTHENTICATION_TOKEN"
  status_code   = "404"
  response_parameters = {
    "gatewayresponse.header.Content-Type"     = "'application/problem+json'"
    "gatewayresponse.header.X-Correlation-ID" = "context.requestId"
  }
  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"there is no such path or method\",\"instance\":\"$context.path\",\"code\":\"not_found\",\"correlation_id\":\"$context.requestId\",\"errors\":[]}"
  }
}

resource "aws_api_gateway_api_key" "api" {
  name        = "${var.name_prefix}fluxa-${var.environment}"
  description = "The first caller's; make one for each further caller"
  enabled     = true
  tags        = local.tags
}

resource "aws_api_gateway_usage_plan" "api" {
  name = "${var.name_prefix}fluxa-${var.environment}"
  tags = local.tags

  api_stages {
    api_id = aws_api_gateway_rest_api.api.id
    stage  = aws_api_gateway_stage.api.stage_name
  }

  throttle_settings {
    burst_limit = var.api_burst
    rate_limit  = var.api_rate_per_second
  }
}

resource "aws_api_gateway_usage_plan_key" "api" {
  key_id        = aws_api_gateway_api_key.api.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.api.id
}

resource "aws_cloudwatch_log_group" "api_execution_log" {
  name              = "API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.api.id}/${var.name_prefix}${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_api_gateway_model" "api_ingest_event" {
  rest_api_id  = aws_api_gateway_rest_api.api.id
  name         = "ingestEvent"
  content_type = "application/json"
  schema = jsonencode({
    "$schema"            = "http://json-schema.org/draft-04/schema#"
    additionalProperties = false
    description          = "One transaction event."
    properties = {
      amount = {
        description      = "A decimal number above zero, at most 15 integer digits and 4 decimals. It is never held in a float."
        exclusiveMaximum = true
        maximum          = 1000000000000000
        minimum          = 0.0001
        type             = "number"
      }
      currency = {
        description = "An ISO 4217 code, current or withdrawn since 2020."
        enum = [
          "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF",
          "BMD", "BND", "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CLF",
          "CLP", "CNY", "COP", "COU", "CRC", "CUC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB",
          "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HRK", "HTG", "HUF",
          "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD",
          "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU",
          "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN",
          "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD",
          "SHP", "SLE", "SLL", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY",
          "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "USN", "UYI", "UYU", "UYW", "UZS", "VED", "VES", "VND", "VUV", "WST",
          "XAD", "XAF", "XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XCD", "XCG", "XDR", "XOF", "XPD", "XPF", "XPT", "XSU",
          "XTS", "XUA", "XXX", "YER", "ZAR", "ZMW", "ZWG", "ZWL",
        ]
        type = "string"
      }
      event_id = {
        description = "The event's id, neither . nor .. (in a URL these mean another path). Made by the service when absent."
        maxLength   = 128
        minLength   = 1
        not = {
          enum = [".", ".."]
        }
        pattern = "^[A-Za-z0-9._:-]+$"
        type    = "string"
      }
      merchant = {
        description = "Who was paid."
        maxLength   = 512
        minLength   = 1
        type        = "string"
      }
      metadata = {
        description = "Anything else that belongs to the event, nested at most 100 deep, its numbers at most 1000 digits long."
        type        = "object"
      }
      timestamp = {
        description = "When it happened, RFC 3339, at most 5 minutes in the future. Kept to the microsecond."
        maxLength   = 64
        type        = "string"
      }
      user_id = {
        description = "Whose transaction it is."
        maxLength   = 256
        minLength   = 1
        type        = "string"
      }
    }
    required = ["user_id", "amount", "currency", "merchant", "timestamp"]
    title    = "Event"
    type     = "object"
  })
}

resource "aws_api_gateway_model" "api_ingest_batch" {
  rest_api_id  = aws_api_gateway_rest_api.api.id
  name         = "ingestBatch"
  content_type = "application/json"
  schema = jsonencode({
    "$schema"            = "http://json-schema.org/draft-04/schema#"
    additionalProperties = false
    properties = {
      events = {
        maxItems = 500
        minItems = 1
        type     = "array"
      }
    }
    required = ["events"]
    type     = "object"
  })
}
