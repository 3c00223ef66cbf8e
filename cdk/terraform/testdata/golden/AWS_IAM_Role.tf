# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_iam_role" "backup_copy" {
  count = var.database_backup_copy_vault_arn != null ? 1 : 0

  name        = "${var.name_prefix}fluxa-backup-copy-${var.environment}-${local.region}"
  description = "${var.name_prefix}fluxa-${var.environment}: takes and copies snapshots of the database"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Effect = "Allow"
      Principal = {
        Service = "backup.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role_policy_attachment" "backup_copy" {
  count = var.database_backup_copy_vault_arn != null ? 1 : 0

  role       = aws_iam_role.backup_copy[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
}

resource "aws_iam_role" "database_proxy" {
  name = "${var.name_prefix}fluxa-database-proxy-${var.environment}-${local.region}"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Effect = "Allow"
      Principal = {
        Service = "rds.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role" "flow_logs" {
  count = var.network_flow_logs ? 1 : 0

  name = "${var.name_prefix}fluxa-flow-logs-${var.environment}-${local.region}"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Effect = "Allow"
      Principal = {
        Service = "vpc-flow-logs.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = merge(local.tags, {
    Name = "${var.name_prefix}fluxa-${var.environment}-flow-logs"
  })
}

resource "aws_iam_role" "ingest" {
  name        = "${var.name_prefix}fluxa-ingest-${var.environment}-${local.region}"
  description = "${var.name_prefix}fluxa-ingest-${var.environment}"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Effect = "Allow"
      Principal = {
        Service = "lambda.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role" "processor" {
  name        = "${var.name_prefix}fluxa-processor-${var.environment}-${local.region}"
  description = "${var.name_prefix}fluxa-processor-${var.environment}"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Effect = "Allow"
      Principal = {
        Service = "lambda.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role" "query" {
  name        = "${var.name_prefix}fluxa-query-${var.environment}-${local.region}"
  description = "${var.name_prefix}fluxa-query-${var.environment}"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Effect = "Allow"
      Principal = {
        Service = "lambda.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role" "migrate" {
  name        = "${var.name_prefix}fluxa-migrate-${var.environment}-${local.region}"
  description = "${var.name_prefix}fluxa-migrate-${var.environment}"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Effect = "Allow"
      Principal = {
        Service = "lambda.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role" "maintain" {
  name        = "${var.name_prefix}fluxa-maintain-${var.environment}-${local.region}"
  description = "${var.name_prefix}fluxa-maintain-${var.environment}"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Effect = "Allow"
      Principal = {
        Service = "lambda.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role" "maintenance" {
  name        = "${var.name_prefix}fluxa-maintenance-${var.environment}-${local.region}"
  description = "${var.name_prefix}fluxa-maintain-${var.environment}"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = local.account_id
        }
      }
      Effect = "Allow"
      Principal = {
        Service = "scheduler.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role" "api_logs" {
  count = var.api_account_role ? 1 : 0

  name = "${var.name_prefix}fluxa-api-logs-${var.environment}-${local.region}"
  assume_role_policy = jsonencode({
    Statement = [{
      Action = "sts:AssumeRole"
      Effect = "Allow"
      Principal = {
        Service = "apigateway.amazonaws.com"
      }
    }]
    Version = "2012-10-17"
  })
  tags = local.tags
}

resource "aws_iam_role_policy_attachment" "api_logs" {
  count = var.api_account_role ? 1 : 0

  role       = aws_iam_role.api_logs[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}
