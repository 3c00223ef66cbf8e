# Written by make terraform-export from the CDK app. Changes are made there.

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
