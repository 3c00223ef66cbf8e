# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_backup_plan" "backup_copy" {
  count = var.database_backup_copy_vault_arn != null ? 1 : 0

  name = "${var.name_prefix}fluxa-${var.environment}"
  tags = local.tags

  rule {
    rule_name         = "${var.name_prefix}fluxa-${var.environment}"
    target_vault_name = aws_backup_vault.backup_copy[0].name
    schedule          = "cron(0 ${var.database_backup_copy_hour} ? * * *)"
    start_window      = 60

    lifecycle {
      delete_after = var.database_backup_copy_days
    }

    copy_action {
      destination_vault_arn = var.database_backup_copy_vault_arn
    }
  }
}
