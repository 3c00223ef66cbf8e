# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_route_table" "isolated" {
  count = var.network_availability_zones

  vpc_id = aws_vpc.main.id
  tags = merge(local.tags, {
    Name = "${var.name_prefix}fluxa-${var.environment}-isolated-${count.index + 1}"
  })
}
