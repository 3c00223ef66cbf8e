# Written by make terraform-export from the CDK app. Changes are made there.

data "aws_availability_zones" "available" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.region
  tags = merge(var.tags, {
    application = "fluxa"
    stage       = "${var.name_prefix}${var.environment}"
  })
}
