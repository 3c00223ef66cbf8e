# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_route_table" "isolated" {
  count = var.availability_zone_count

  vpc_id = aws_vpc.main.id
  tags = merge(local.tags, {
    Name = "${var.environment}/Network/Private/VPC/isolatedSubnet${count.index + 1}"
  })
}
