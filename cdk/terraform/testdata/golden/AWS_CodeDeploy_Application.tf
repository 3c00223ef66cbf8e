# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_codedeploy_app" "canaries" {
  count = var.canary_releases ? 1 : 0

  name             = "fluxa-${var.environment}"
  compute_platform = "Lambda"
  tags             = local.tags
}
