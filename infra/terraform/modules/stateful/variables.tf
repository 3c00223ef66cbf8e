# Written by make terraform-export from the CDK app. Changes are made there.

variable "database_adopted_host" {
  description = "The endpoint of the adopted instance; null for none."
  type        = string

  validation {
    condition     = var.database_adopted_host == null || can(regex("[.]rds[.]amazonaws[.]com", var.database_adopted_host))
    error_message = "database_adopted_host must be null or a host of RDS."
  }
}

variable "database_adopted_name" {
  description = "The name of the instance that is used in place of the one made here, such as one restored from a backup; null for none."
  type        = string

  validation {
    condition     = var.database_adopted_name == null || can(regex("^[a-z][a-z0-9-]*$", var.database_adopted_name))
    error_message = "database_adopted_name must be null or the name of an instance, such as fluxa-prod-restored."
  }
}

variable "database_adopted_resource_id" {
  description = "What IAM calls the adopted instance, its DbiResourceId; null for none."
  type        = string

  validation {
    condition     = var.database_adopted_resource_id == null || can(regex("^db-[A-Z0-9]+$", var.database_adopted_resource_id))
    error_message = "database_adopted_resource_id must be null or a resource id, such as db-ABCDEFGHIJKLMNOPQRSTUVWXYZ."
  }
}

variable "database_adopted_secret_arn" {
  description = "The secret of the adopted instance's administrator, which RDS keeps; null for none."
  type        = string

  validation {
    condition     = var.database_adopted_secret_arn == null || can(regex("^arn:aws[a-z-]*:secretsmanager:.*:secret:rds!", var.database_adopted_secret_arn))
    error_message = "database_adopted_secret_arn must be null or the ARN of a secret that RDS keeps."
  }
}

variable "database_backup_days" {
  description = "How long the daily backups are kept, in days."
  type        = number

  validation {
    condition     = var.database_backup_days >= 1 && var.database_backup_days <= 35
    error_message = "database_backup_days must be 1 to 35."
  }
}

variable "database_delete_backups" {
  description = "Whether the daily backups go when the database is destroyed."
  type        = bool
}

variable "database_deletion_protection" {
  description = "Whether AWS refuses to delete the database."
  type        = bool
}

variable "database_engine_version" {
  description = "The major version of PostgreSQL, such as 17. Another one upgrades the database."
  type        = string

  validation {
    condition     = can(regex("^(1[4-9]|[2-9][0-9])$", var.database_engine_version))
    error_message = "database_engine_version must be a major version from 14 on, such as 17."
  }
}

variable "database_instance_class" {
  description = "The size of the instance, such as db.t4g.micro; null for a cluster."
  type        = string

  validation {
    condition     = startswith(coalesce(var.database_instance_class, "db."), "db.")
    error_message = "database_instance_class must be null or begin with db., such as db.t4g.micro."
  }
}

variable "database_max_storage_gib" {
  description = "Up to which size the storage of an instance grows by itself, in GiB; null for a cluster."
  type        = number

  validation {
    condition     = coalesce(var.database_max_storage_gib, 22) >= 22 && coalesce(var.database_max_storage_gib, 22) <= 65536
    error_message = "database_max_storage_gib must be null or 22 to 65536, and 10 % above database_storage_gib."
  }
}

variable "database_multi_az" {
  description = "Whether the instance has a standby in another zone; null for a cluster."
  type        = bool
}

variable "database_proxy" {
  description = "Whether the functions reach the database over an RDS Proxy."
  type        = bool
}

variable "database_storage_gib" {
  description = "The instance's storage at first, in GiB; null for a cluster."
  type        = number

  validation {
    condition     = coalesce(var.database_storage_gib, 20) >= 20 && coalesce(var.database_storage_gib, 20) <= 65536
    error_message = "database_storage_gib must be null or 20 to 65536."
  }
}

variable "environment" {
  description = "The stage: it is in every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.environment)) && length(var.environment) >= 2 && length(var.environment) <= 16
    error_message = "environment must be 2 to 16 of a-z 0-9 -, a letter first, and each - between two others."
  }
}

variable "events_export_retention_days" {
  description = "How long the files of exports are kept, in days: up to 36600."
  type        = number

  validation {
    condition     = var.events_export_retention_days >= 1
    error_message = "events_export_retention_days must be at least 1."
  }
}

variable "logs_retention_days" {
  description = "How long the log groups keep their entries, in days."
  type        = number

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.logs_retention_days)
    error_message = "logs_retention_days must be one of the numbers that CloudWatch Logs knows, such as 14, 90 or 365."
  }
}

variable "name_prefix" {
  description = "What every name begins with, such as acme-, for two installations in one account and region; empty for nothing."
  type        = string

  validation {
    condition     = can(regex("^([a-z][a-z0-9]*(-[a-z0-9]+)*-)?$", var.name_prefix)) && length(var.name_prefix) <= 23
    error_message = "name_prefix must be empty or of a-z 0-9 -, a letter first, no two - in a row and one at the end, such as acme-, and have at most 23 characters."
  }
}

variable "network_availability_zones" {
  description = "In how many zones a subnet is made; 0 in an existing VPC."
  type        = number

  validation {
    condition     = contains([0, 2, 3], var.network_availability_zones)
    error_message = "network_availability_zones must be 2 or 3, or 0 in an existing VPC: the database wants two, and more than three brings nothing."
  }
}

variable "network_cidr" {
  description = "The addresses of the VPC; null for an existing one."
  type        = string

  validation {
    condition     = var.network_cidr == null || can(cidrnetmask(var.network_cidr)) && can(regex("/(1[6-9]|2[0-2])$", var.network_cidr))
    error_message = "network_cidr must be null or an IPv4 block of the size /16 to /22, such as 10.20.0.0/16."
  }
}

variable "network_endpoint_zones" {
  description = "In how many of the zones the interface endpoints have an address; null where they are there already."
  type        = number

  validation {
    condition     = coalesce(var.network_endpoint_zones, 1) >= 1 && coalesce(var.network_endpoint_zones, 1) <= 3
    error_message = "network_endpoint_zones must be null or 1 to 3."
  }
}

variable "network_flow_logs" {
  description = "Whether the VPC logs its connections."
  type        = bool
}

variable "network_zones" {
  description = "The names of the zones, such as us-east-1a, one for each; empty: the first ones of the region."
  type        = list(string)

  validation {
    condition     = contains([0, 2, 3], length(var.network_zones))
    error_message = "network_zones must be empty, or as many as network_availability_zones."
  }
}

variable "payloads_access_logs" {
  description = "Whether accesses to the bucket of payloads are logged to a bucket of their own."
  type        = bool
}

variable "payloads_days" {
  description = "How long a payload is kept after it was accepted, in days: 36 more than events_retention_days, or 36600."
  type        = number

  validation {
    condition     = var.payloads_days >= 1
    error_message = "payloads_days must be at least 1."
  }
}

variable "payloads_glacier_days" {
  description = "The age at which a payload moves to Glacier Instant Retrieval, in days."
  type        = number

  validation {
    condition     = var.payloads_glacier_days >= 1
    error_message = "payloads_glacier_days must be at least 1."
  }
}

variable "payloads_old_version_days" {
  description = "How long an overwritten or deleted payload is kept, in days."
  type        = number

  validation {
    condition     = var.payloads_old_version_days >= 1
    error_message = "payloads_old_version_days must be at least 1."
  }
}

variable "retain_data" {
  description = "Whether what is destroyed leaves its data behind: the log groups, the parameter group, a last snapshot of the database."
  type        = bool
}

variable "tags" {
  description = "Tags of every resource that can have some, beside those of Fluxa itself."
  type        = map(string)
}
