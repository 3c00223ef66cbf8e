# Written by make terraform-export from the CDK app. Changes are made there.

variable "aws_region" {
  description = "The region."
  type        = string
  default     = "us-east-1"
}

variable "lambda_ingest_zip_path" {
  description = "The zip of the function ingest, as make package writes it."
  type        = string
  default     = "../../../../dist/ingest.zip"

  validation {
    condition     = endswith(var.lambda_ingest_zip_path, ".zip")
    error_message = "lambda_ingest_zip_path must be the path of a .zip file."
  }
}

variable "lambda_maintain_zip_path" {
  description = "The zip of the function maintain, as make package writes it."
  type        = string
  default     = "../../../../dist/maintain.zip"

  validation {
    condition     = endswith(var.lambda_maintain_zip_path, ".zip")
    error_message = "lambda_maintain_zip_path must be the path of a .zip file."
  }
}

variable "lambda_migrate_zip_path" {
  description = "The zip of the function migrate, as make package writes it."
  type        = string
  default     = "../../../../dist/migrate.zip"

  validation {
    condition     = endswith(var.lambda_migrate_zip_path, ".zip")
    error_message = "lambda_migrate_zip_path must be the path of a .zip file."
  }
}

variable "lambda_processor_zip_path" {
  description = "The zip of the function processor, as make package writes it."
  type        = string
  default     = "../../../../dist/processor.zip"

  validation {
    condition     = endswith(var.lambda_processor_zip_path, ".zip")
    error_message = "lambda_processor_zip_path must be the path of a .zip file."
  }
}

variable "lambda_query_zip_path" {
  description = "The zip of the function query, as make package writes it."
  type        = string
  default     = "../../../../dist/query.zip"

  validation {
    condition     = endswith(var.lambda_query_zip_path, ".zip")
    error_message = "lambda_query_zip_path must be the path of a .zip file."
  }
}
