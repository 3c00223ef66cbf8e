# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_xray_sampling_rule" "trace_sampling" {
  count = var.traces_requests_percent != null ? 1 : 0

  rule_name      = "${var.name_prefix}fluxa-${var.environment}"
  version        = 1
  priority       = 1000
  fixed_rate     = var.traces_requests_percent / 100
  reservoir_size = 0
  service_name   = "${var.name_prefix}fluxa-${var.environment}/${var.name_prefix}${var.environment}"
  service_type   = "AWS::ApiGateway::Stage"
  host           = "*"
  http_method    = "*"
  url_path       = "*"
  resource_arn   = "*"
  tags           = local.tags
}
