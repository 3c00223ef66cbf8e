# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_api_gateway_domain_name" "api_domain" {
  count = var.api_domain ? 1 : 0

  domain_name              = var.api_domain_name
  regional_certificate_arn = var.api_domain_certificate_arn
  security_policy          = "TLS_1_2"
  tags                     = local.tags

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}
