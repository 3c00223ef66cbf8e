# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_wafv2_web_acl_association" "firewall" {
  count = var.api_firewall ? 1 : 0

  resource_arn = "arn:${local.partition}:apigateway:${local.region}::/restapis/${aws_api_gateway_rest_api.api.id}/stages/${aws_api_gateway_stage.api.stage_name}"
  web_acl_arn  = aws_wafv2_web_acl.firewall[0].arn
}
