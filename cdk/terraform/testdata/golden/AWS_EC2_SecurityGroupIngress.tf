# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_vpc_security_group_ingress_rule" "database_from_clients_5432" {
  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = aws_security_group.clients.id
  description                  = "Fluxa functions"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}
