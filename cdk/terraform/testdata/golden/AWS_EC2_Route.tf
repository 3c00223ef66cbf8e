# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_route" "isolated_peering" {
  count = var.otlp_peering != null ? var.network_availability_zones : 0

  route_table_id            = aws_route_table.isolated[count.index].id
  destination_cidr_block    = var.otlp_network
  vpc_peering_connection_id = var.otlp_peering
}
