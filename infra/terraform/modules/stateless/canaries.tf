# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_codedeploy_app" "canaries" {
  count = var.canary_releases ? 1 : 0

  name             = "fluxa-${var.environment}"
  compute_platform = "Lambda"
  tags             = local.tags
}

resource "aws_cloudwatch_metric_alarm" "api_errors" {
  count = var.canary_releases ? 1 : 0

  alarm_name        = "fluxa-api-release-${var.environment}"
  alarm_description = "The API answers 5xx: a release of a function behind it is rolled back."
  namespace         = "AWS/ApiGateway"
  metric_name       = "5XXError"
  dimensions = {
    ApiName = "fluxa-${var.environment}"
    Stage   = var.environment
  }
  statistic           = "Sum"
  period              = 60
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 5
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  tags                = local.tags
}
