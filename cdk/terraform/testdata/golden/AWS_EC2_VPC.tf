# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_vpc" "main" {
  cidr_block           = var.network_cidr
  enable_dns_hostnames = true
  enable_dns_support   = true
  instance_tenancy     = "default"
  tags = merge(local.tags, {
    Name = "${var.name_prefix}fluxa-${var.environment}"
  })
}
