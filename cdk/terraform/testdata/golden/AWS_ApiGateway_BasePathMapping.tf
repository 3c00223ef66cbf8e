# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_api_gateway_base_path_mapping" "api_domain" {
  count = var.api_domain ? 1 : 0

  domain_name = aws_api_gateway_domain_name.api_domain[0].domain_name
  api_id      = aws_api_gateway_rest_api.api.id
  stage_name  = aws_api_gateway_stage.api.stage_name
}
