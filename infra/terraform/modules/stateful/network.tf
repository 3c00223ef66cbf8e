# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_log_group" "flow_log" {
  count = var.network_flow_logs ? 1 : 0

  name              = "/aws/vpc/${var.name_prefix}fluxa-flows-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_vpc" "main" {
  cidr_block           = var.network_cidr
  enable_dns_hostnames = true
  enable_dns_support   = true
  instance_tenancy     = "default"
  tags = merge(local.tags, {
    Name = "${var.name_prefix}fluxa-${var.environment}"
  })
}

resource "aws_subnet" "isolated" {
  count = var.network_availability_zones

  vpc_id                  = aws_vpc.main.id
  availability_zone       = coalescelist(var.network_zones, data.aws_availability_zones.available.names)[count.index]
  cidr_block              = cidrsubnet(var.network_cidr, 24 - tonumber(split("/", var.network_cidr)[1]), count.index)
  map_public_ip_on_launch = false
  tags = merge(local.tags, {
    Name = "${var.name_prefix}fluxa-${var.environment}-isolated-${count.index + 1}"
  })
}

resource "aws_route_table" "isolated" {
  count = var.network_availability_zones

  vpc_id = aws_vpc.main.id
  tags = merge(local.tags, {
    Name = "${var.name_prefix}fluxa-${var.environment}-isolated-${count.index + 1}"
  })
}

resource "aws_route_table_association" "isolated" {
  count = var.network_availability_zones

  route_table_id = aws_route_table.isolated[count.index].id
  subnet_id      = aws_subnet.isolated[count.index].id
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

resource "aws_iam_role_policy" "flow_logs" {
  count = var.network_flow_logs ? 1 : 0

  name = "flow-logs"
  role = aws_iam_role.flow_logs[0].name
  policy = jsonencode({
    Statement = [{
      Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      Effect   = "Allow"
      Resource = "${aws_cloudwatch_log_group.flow_log[0].arn}:*"
    }]
    Version = "2012-10-17"
  })
}

resource "aws_flow_log" "flow_logs" {
  count = var.network_flow_logs ? 1 : 0

  vpc_id               = aws_vpc.main.id
  traffic_type         = "ALL"
  log_destination_type = "cloud-watch-logs"
  log_destination      = aws_cloudwatch_log_group.flow_log[0].arn
  iam_role_arn         = aws_iam_role.flow_logs[0].arn
  tags = merge(local.tags, {
    Name = "${var.name_prefix}fluxa-${var.environment}-flow-logs"
  })
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.${local.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = aws_route_table.isolated[*].id
  policy = jsonencode({
    Statement = [
      {
        Action = [
          "s3:DeleteObjectVersion",
          "s3:GetObject",
          "s3:GetObjectVersion",
          "s3:ListBucket",
          "s3:ListBucketVersions",
        ]
        Condition = {
          StringEquals = {
            "aws:PrincipalAccount" = local.account_id
          }
        }
        Effect = "Allow"
        Principal = {
          AWS = "*"
        }
        Resource = [
          "arn:${local.partition}:s3:::${var.name_prefix}fluxa-payloads-${var.environment}-${local.account_id}-${local.region}/raw/*",
          "arn:${local.partition}:s3:::${var.name_prefix}fluxa-payloads-${var.environment}-${local.account_id}-${local.region}",
        ]
      },
      {
        Action = ["s3:GetObject", "s3:PutObject"]
        Condition = {
          StringEquals = {
            "aws:PrincipalAccount" = local.account_id
          }
        }
        Effect = "Allow"
        Principal = {
          AWS = "*"
        }
        Resource = "arn:${local.partition}:s3:::${var.name_prefix}fluxa-payloads-${var.environment}-${local.account_id}-${local.region}/exports/*"
      },
      {
        Action = "s3:PutObject"
        Effect = "Allow"
        Principal = {
          AWS = "*"
        }
        Resource = "arn:${local.partition}:s3:::cloudformation-custom-resource-response-${join("", split("-", local.region))}/arn:${local.partition}:cloudformation:${local.region}:${local.account_id}:stack/${var.name_prefix}fluxa-pipeline-${var.environment}/*"
      },
    ]
    Version = "2012-10-17"
  })
  tags = merge(local.tags, {
    Name = "${var.name_prefix}fluxa-${var.environment}"
  })
}

resource "aws_vpc_endpoint" "sqs" {
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.${local.region}.sqs"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.endpoints.id]
  subnet_ids          = slice(aws_subnet.isolated[*].id, 0, var.network_endpoint_zones)
  policy = jsonencode({
    Statement = [{
      Action = ["sqs:ChangeMessageVisibility", "sqs:SendMessage"]
      Condition = {
        StringEquals = {
          "aws:PrincipalAccount" = local.account_id
        }
      }
      Effect = "Allow"
      Principal = {
        AWS = "*"
      }
      Resource = [
        "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${var.name_prefix}fluxa-dlq-${var.environment}",
        "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${var.name_prefix}fluxa-events-${var.environment}",
      ]
    }]
    Version = "2012-10-17"
  })
  tags = merge(local.tags, {
    Name = "${var.name_prefix}fluxa-${var.environment}"
  })
}

resource "aws_vpc_endpoint" "sns" {
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.${local.region}.sns"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.endpoints.id]
  subnet_ids          = slice(aws_subnet.isolated[*].id, 0, var.network_endpoint_zones)
  policy = jsonencode({
    Statement = [{
      Action = "sns:Publish"
      Condition = {
        StringEquals = {
          "aws:PrincipalAccount" = local.account_id
        }
      }
      Effect = "Allow"
      Principal = {
        AWS = "*"
      }
      Resource = "arn:${local.partition}:sns:${local.region}:${local.account_id}:${var.name_prefix}fluxa-notifications-${var.environment}"
    }]
    Version = "2012-10-17"
  })
  tags = merge(local.tags, {
    Name = "${var.name_prefix}fluxa-${var.environment}"
  })
}

resource "aws_vpc_endpoint" "secrets_manager" {
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.${local.region}.secretsmanager"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.endpoints.id]
  subnet_ids          = slice(aws_subnet.isolated[*].id, 0, var.network_endpoint_zones)
  policy = jsonencode({
    Statement = [{
      Action = "secretsmanager:GetSecretValue"
      Condition = {
        StringEquals = {
          "aws:PrincipalAccount" = local.account_id
        }
      }
      Effect = "Allow"
      Principal = {
        AWS = "*"
      }
      Resource = "arn:${local.partition}:secretsmanager:${local.region}:${local.account_id}:secret:rds!*"
    }]
    Version = "2012-10-17"
  })
  tags = merge(local.tags, {
    Name = "${var.name_prefix}fluxa-${var.environment}"
  })
}

resource "aws_security_group" "clients" {
  name        = "${var.name_prefix}fluxa-clients-${var.environment}"
  vpc_id      = aws_vpc.main.id
  description = "Fluxa functions"
  tags        = local.tags
}

resource "aws_vpc_security_group_egress_rule" "clients_443" {
  security_group_id = aws_security_group.clients.id
  description       = "AWS endpoints; that of S3 has public addresses"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "clients_5432" {
  security_group_id = aws_security_group.clients.id
  description       = "PostgreSQL"
  ip_protocol       = "tcp"
  from_port         = 5432
  to_port           = 5432
  cidr_ipv4         = aws_vpc.main.cidr_block
}

resource "aws_security_group" "operators" {
  name        = "${var.name_prefix}fluxa-operators-${var.environment}"
  vpc_id      = aws_vpc.main.id
  description = "People who operate Fluxa"
  tags        = local.tags
}

resource "aws_vpc_security_group_egress_rule" "operators_5432" {
  security_group_id = aws_security_group.operators.id
  description       = "PostgreSQL"
  ip_protocol       = "tcp"
  from_port         = 5432
  to_port           = 5432
  cidr_ipv4         = aws_vpc.main.cidr_block
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name_prefix}fluxa-endpoints-${var.environment}"
  vpc_id      = aws_vpc.main.id
  description = "AWS endpoints of Fluxa"
  tags        = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_from_clients_443" {
  security_group_id            = aws_security_group.endpoints.id
  referenced_security_group_id = aws_security_group.clients.id
  description                  = "Fluxa functions"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}
