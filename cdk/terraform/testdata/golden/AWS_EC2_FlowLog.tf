# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_flow_log" "flow_logs" {
  count = var.network_flow_logs ? 1 : 0

  vpc_id               = aws_vpc.main.id
  traffic_type         = "ALL"
  log_destination_type = "cloud-watch-logs"
  log_destination      = aws_cloudwatch_log_group.flow_log[0].arn
  iam_role_arn         = aws_iam_role.flow_logs[0].arn
  tags = merge(local.tags, {
    Name = "${var.name_prefix}fluxa-${var.environment}-flow-logs"
  })
}
