# Written by make terraform-export from the CDK app. Changes are made there.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.8, < 7"
    }
  }

  # The state in S3, for a team: make the bucket first, with versioning.
  # backend "s3" {
  #   bucket       = "my-terraform-state"
  #   key          = "fluxa/prod/terraform.tfstate"
  #   region       = "us-east-1"
  #   encrypt      = true
  #   use_lockfile = true
  # }
}
