# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_security_group" "database" {
  name        = "${var.name_prefix}fluxa-database-${var.environment}"
  vpc_id      = aws_vpc.main.id
  description = "PostgreSQL of Fluxa"
  tags        = local.tags
}

resource "aws_security_group" "database_proxy" {
  name        = "${var.name_prefix}fluxa-database-proxy-${var.environment}"
  vpc_id      = aws_vpc.main.id
  description = "RDS Proxy of Fluxa"
  tags        = local.tags
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

resource "aws_security_group" "endpoints" {
  name        = "${var.name_prefix}fluxa-endpoints-${var.environment}"
  vpc_id      = aws_vpc.main.id
  description = "AWS endpoints of Fluxa"
  tags        = local.tags
}
