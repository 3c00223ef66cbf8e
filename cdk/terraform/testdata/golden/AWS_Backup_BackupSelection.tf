# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_backup_selection" "backup_copy" {
  count = var.database_backup_copy_vault_arn != null ? 1 : 0

  plan_id      = aws_backup_plan.backup_copy[0].id
  name         = "${var.name_prefix}fluxa-${var.environment}"
  iam_role_arn = aws_iam_role.backup_copy[0].arn
  resources = [
    "arn:${local.partition}:rds:${local.region}:${local.account_id}:db:${coalesce(var.database_adopted_name, aws_db_instance.database.identifier)}",
  ]
}
