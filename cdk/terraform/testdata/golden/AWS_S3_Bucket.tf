# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_s3_bucket" "payloads_access_logs" {
  bucket = "${var.name_prefix}fluxa-access-logs-${var.environment}-${local.account_id}-${local.region}"
  tags   = local.tags
}

resource "aws_s3_bucket_server_side_encryption_configuration" "payloads_access_logs" {
  bucket = aws_s3_bucket.payloads_access_logs.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "payloads_access_logs" {
  bucket = aws_s3_bucket.payloads_access_logs.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "payloads_access_logs" {
  bucket                  = aws_s3_bucket.payloads_access_logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "payloads_access_logs" {
  bucket = aws_s3_bucket.payloads_access_logs.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }

    expiration {
      days = var.logs_retention_days
    }
  }
}

resource "aws_s3_bucket" "payloads" {
  bucket = "${var.name_prefix}fluxa-payloads-${var.environment}-${local.account_id}-${local.region}"
  tags   = local.tags
}

resource "aws_s3_bucket_versioning" "payloads" {
  bucket = aws_s3_bucket.payloads.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "payloads" {
  bucket = aws_s3_bucket.payloads.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "payloads" {
  bucket = aws_s3_bucket.payloads.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "payloads" {
  bucket                  = aws_s3_bucket.payloads.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_logging" "payloads" {
  bucket        = aws_s3_bucket.payloads.id
  target_bucket = aws_s3_bucket.payloads_access_logs.id
  target_prefix = "payloads/"
}

resource "aws_s3_bucket_lifecycle_configuration" "payloads" {
  bucket = aws_s3_bucket.payloads.id

  rule {
    id     = "archive"
    status = "Enabled"

    filter {
      prefix = "raw/"
    }

    transition {
      storage_class = "GLACIER_IR"
      days          = var.payloads_glacier_days
    }
  }

  rule {
    id     = "tidy"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }

    expiration {
      expired_object_delete_marker = true
    }

    noncurrent_version_expiration {
      noncurrent_days = var.payloads_old_version_days
    }
  }
}
