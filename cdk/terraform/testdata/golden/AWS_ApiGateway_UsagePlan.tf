# Written by make terraform-export from the CDK app. Changes are made there.

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
