# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_db_proxy_default_target_group" "database" {
  db_proxy_name = aws_db_proxy.database.name

  connection_pool_config {
    connection_borrow_timeout = 5
    max_connections_percent   = 90
  }
}

resource "aws_db_proxy_target" "database" {
  db_proxy_name          = aws_db_proxy_default_target_group.database.db_proxy_name
  target_group_name      = aws_db_proxy_default_target_group.database.name
  db_instance_identifier = coalesce(var.database_adopted_name, aws_db_instance.database.identifier)
}
