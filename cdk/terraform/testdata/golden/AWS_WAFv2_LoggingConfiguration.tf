# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_wafv2_web_acl_logging_configuration" "firewall" {
  count = var.api_firewall ? 1 : 0

  resource_arn = aws_wafv2_web_acl.firewall[0].arn
  log_destination_configs = [
    "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${aws_cloudwatch_log_group.firewall[0].name}",
  ]

  redacted_fields {
    single_header {
      name = "x-api-key"
    }
  }
}
