# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_subnet" "isolated" {
  count = var.availability_zone_count

  vpc_id                  = aws_vpc.main.id
  availability_zone       = coalescelist(var.availability_zones, data.aws_availability_zones.available.names)[count.index]
  cidr_block              = cidrsubnet(var.vpc_cidr, 24 - tonumber(split("/", var.vpc_cidr)[1]), count.index)
  map_public_ip_on_launch = false
  tags = merge(local.tags, {
    Name = "${var.environment}/Network/Private/VPC/isolatedSubnet${count.index + 1}"
  })
}
