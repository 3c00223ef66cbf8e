# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_route_table_association" "isolated" {
  count = var.network_availability_zones

  route_table_id = aws_route_table.isolated[count.index].id
  subnet_id      = aws_subnet.isolated[count.index].id
}
