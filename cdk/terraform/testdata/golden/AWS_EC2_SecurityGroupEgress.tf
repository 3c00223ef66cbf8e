# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_vpc_security_group_egress_rule" "database_proxy_to_database" {
  security_group_id            = aws_security_group.database_proxy.id
  referenced_security_group_id = aws_security_group.database.id
  description                  = "Allow connections to the database Instance from the Proxy"
  ip_protocol                  = "tcp"
  from_port                    = aws_db_instance.database.port
  to_port                      = aws_db_instance.database.port
}

resource "aws_vpc_security_group_egress_rule" "collector" {
  security_group_id = aws_security_group.clients.id
  description       = "the collector of spans"
  ip_protocol       = "tcp"
  cidr_ipv4         = var.otlp_network
  from_port         = var.otlp_port
  to_port           = var.otlp_port
}
