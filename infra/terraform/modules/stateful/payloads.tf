# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_s3_bucket" "payloads_access_logs" {
  count = var.payloads_access_logs ? 1 : 0

  bucket = "${var.name_prefix}fluxa-access-logs-${var.environment}-${local.account_id}-${local.region}"
  tags   = local.tags
}

resource "aws_s3_bucket_server_side_encryption_configuration" "payloads_access_logs" {
  count = var.payloads_access_logs ? 1 : 0

  bucket = aws_s3_bucket.payloads_access_logs[0].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "payloads_access_logs" {
  count = var.payloads_access_logs ? 1 : 0

  bucket = aws_s3_bucket.payloads_access_logs[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "payloads_access_logs" {
  count = var.payloads_access_logs ? 1 : 0

  bucket                  = aws_s3_bucket.payloads_access_logs[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "payloads_access_logs" {
  count = var.payloads_access_logs ? 1 : 0

  bucket = aws_s3_bucket.payloads_access_logs[0].id

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

resource "aws_s3_bucket_policy" "payloads_access_logs" {
  count = var.payloads_access_logs ? 1 : 0

  bucket = aws_s3_bucket.payloads_access_logs[0].id
  policy = jsonencode({
    Statement = [
      {
        Action = "s3:*"
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
        Effect = "Deny"
        Principal = {
          AWS = "*"
        }
        Resource = [aws_s3_bucket.payloads_access_logs[0].arn, "${aws_s3_bucket.payloads_access_logs[0].arn}/*"]
      },
      {
        Action = "s3:*"
        Condition = {
          NumericLessThan = {
            "s3:TlsVersion" = 1.2
          }
        }
        Effect = "Deny"
        Principal = {
          AWS = "*"
        }
        Resource = [aws_s3_bucket.payloads_access_logs[0].arn, "${aws_s3_bucket.payloads_access_logs[0].arn}/*"]
      },
      {
        Action = "s3:PutObject"
        Condition = {
          ArnLike = {
            "aws:SourceArn" = aws_s3_bucket.payloads.arn
          }
          StringEquals = {
            "aws:SourceAccount" = local.account_id
          }
        }
        Effect = "Allow"
        Principal = {
          Service = "logging.s3.amazonaws.com"
        }
        Resource = "${aws_s3_bucket.payloads_access_logs[0].arn}/payloads/*"
      },
    ]
    Version = "2012-10-17"
  })
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
  count = var.payloads_access_logs ? 1 : 0

  bucket        = aws_s3_bucket.payloads.id
  target_bucket = aws_s3_bucket.payloads_access_logs[0].id
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

    expiration {
      days = var.payloads_days
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

  rule {
    id     = "downloads"
    status = "Enabled"

    filter {
      prefix = "exports/download/"
    }

    expiration {
      days = 7
    }
  }

  rule {
    id     = "exports"
    status = "Enabled"

    filter {
      prefix = "exports/"
    }

    expiration {
      days = var.events_export_retention_days
    }
  }
}

resource "aws_s3_bucket_policy" "payloads" {
  bucket = aws_s3_bucket.payloads.id
  policy = jsonencode({
    Statement = [
      {
        Action = "s3:*"
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
        Effect = "Deny"
        Principal = {
          AWS = "*"
        }
        Resource = [aws_s3_bucket.payloads.arn, "${aws_s3_bucket.payloads.arn}/*"]
      },
      {
        Action = "s3:*"
        Condition = {
          NumericLessThan = {
            "s3:TlsVersion" = 1.2
          }
        }
        Effect = "Deny"
        Principal = {
          AWS = "*"
        }
        Resource = [aws_s3_bucket.payloads.arn, "${aws_s3_bucket.payloads.arn}/*"]
      },
    ]
    Version = "2012-10-17"
  })
}
