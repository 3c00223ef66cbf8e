# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_db_proxy_default_target_group" "database" {
  count = var.database_proxy ? 1 : 0

  db_proxy_name = aws_db_proxy.database[0].name

  connection_pool_config {
    connection_borrow_timeout = 5
    max_connections_percent   = 90
  }
}

resource "aws_db_proxy_target" "database" {
  count = var.database_proxy ? 1 : 0

  db_proxy_name          = aws_db_proxy_default_target_group.database[0].db_proxy_name
  target_group_name      = aws_db_proxy_default_target_group.database[0].name
  db_instance_identifier = aws_db_instance.database.identifier
}
