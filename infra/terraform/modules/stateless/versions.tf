# Written by make terraform-export from the CDK app. Changes are made there.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.8, < 7"
    }
  }
}
