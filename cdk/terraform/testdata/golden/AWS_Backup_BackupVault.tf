# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_backup_vault" "backup_copy" {
  count = var.database_backup_copy_vault_arn != null ? 1 : 0

  name          = "${var.name_prefix}fluxa-${var.environment}"
  force_destroy = !var.retain_data
  tags          = local.tags
}
