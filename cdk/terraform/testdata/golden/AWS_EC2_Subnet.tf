# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_subnet" "isolated" {
  count = var.network_availability_zones

  vpc_id                  = aws_vpc.main.id
  availability_zone       = coalescelist(var.network_zones, data.aws_availability_zones.available.names)[count.index]
  cidr_block              = cidrsubnet(var.network_cidr, 24 - tonumber(split("/", var.network_cidr)[1]), count.index)
  map_public_ip_on_launch = false
  tags = merge(local.tags, {
    Name = "${var.name_prefix}fluxa-${var.environment}-isolated-${count.index + 1}"
  })
}
