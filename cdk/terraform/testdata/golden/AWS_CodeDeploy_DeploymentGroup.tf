# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_codedeploy_deployment_group" "processor" {
  count = var.canary_releases ? 1 : 0

  app_name               = aws_codedeploy_app.canaries[0].name
  deployment_group_name  = "fluxa-processor-${var.environment}"
  deployment_config_name = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
  service_role_arn       = aws_iam_role.processor_release_canary[0].arn
  tags                   = local.tags

  deployment_style {
    deployment_option = "WITH_TRAFFIC_CONTROL"
    deployment_type   = "BLUE_GREEN"
  }

  alarm_configuration {
    enabled = true
    alarms  = [aws_cloudwatch_metric_alarm.processor_release_errors[0].alarm_name]
  }

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM"]
  }
}
