# Written by make terraform-export from the CDK app. Changes are made there.

variable "alarms_api_5xx_percent" {
  description = "The share of 5xx answers from which there is an alarm, in percent."
  type        = number

  validation {
    condition     = var.alarms_api_5xx_percent >= 1 && var.alarms_api_5xx_percent <= 100
    error_message = "alarms_api_5xx_percent must be 1 to 100."
  }
}

variable "alarms_concurrency_percent" {
  description = "The share of the processor's maximum concurrency from which there is an alarm, in percent."
  type        = number

  validation {
    condition     = var.alarms_concurrency_percent >= 1 && var.alarms_concurrency_percent <= 100
    error_message = "alarms_concurrency_percent must be 1 to 100."
  }
}

variable "alarms_database_connections_percent" {
  description = "The share of database_connections from which there is an alarm, in percent."
  type        = number

  validation {
    condition     = var.alarms_database_connections_percent >= 1 && var.alarms_database_connections_percent <= 100
    error_message = "alarms_database_connections_percent must be 1 to 100."
  }
}

variable "alarms_database_cpu_percent" {
  description = "The load of the database from which there is an alarm, in percent."
  type        = number

  validation {
    condition     = var.alarms_database_cpu_percent >= 1 && var.alarms_database_cpu_percent <= 100
    error_message = "alarms_database_cpu_percent must be 1 to 100."
  }
}

variable "alarms_database_free_memory_mib" {
  description = "The free memory of the database under which there is an alarm, in MiB."
  type        = number

  validation {
    condition     = var.alarms_database_free_memory_mib > 0
    error_message = "alarms_database_free_memory_mib must be above 0."
  }
}

variable "alarms_database_free_storage_gib" {
  description = "The free storage of an instance under which there is an alarm, in GiB; null for a cluster."
  type        = number

  validation {
    condition     = var.alarms_database_free_storage_gib == null || coalesce(var.alarms_database_free_storage_gib, 0) >= 1
    error_message = "alarms_database_free_storage_gib must be null or at least 1."
  }
}

variable "alarms_dlq_depth" {
  description = "The number of dead letters from which there is an alarm."
  type        = number

  validation {
    condition     = var.alarms_dlq_depth > 0
    error_message = "alarms_dlq_depth must be above 0."
  }
}

variable "alarms_end_to_end_p99_ms" {
  description = "The 99th percentile from accepted to stored from which there is an alarm, in milliseconds."
  type        = number

  validation {
    condition     = var.alarms_end_to_end_p99_ms > 0
    error_message = "alarms_end_to_end_p99_ms must be above 0."
  }
}

variable "alarms_error_rate_percent" {
  description = "The share of failed calls of a function from which there is an alarm, in percent."
  type        = number

  validation {
    condition     = var.alarms_error_rate_percent >= 1 && var.alarms_error_rate_percent <= 100
    error_message = "alarms_error_rate_percent must be 1 to 100."
  }
}

variable "alarms_notifications_failed" {
  description = "The deliveries a minute that SNS gives up from which there is an alarm."
  type        = number

  validation {
    condition     = var.alarms_notifications_failed > 0
    error_message = "alarms_notifications_failed must be above 0."
  }
}

variable "alarms_proxy_connections_percent" {
  description = "The share of the proxy's connections that are lent from which there is an alarm, in percent; null without database_proxy."
  type        = number

  validation {
    condition     = var.alarms_proxy_connections_percent == null || coalesce(var.alarms_proxy_connections_percent, 0) >= 1
    error_message = "alarms_proxy_connections_percent must be null or at least 1."
  }
}

variable "alarms_queue_age_seconds" {
  description = "The age of the oldest event from which there is an alarm, in seconds."
  type        = number

  validation {
    condition     = var.alarms_queue_age_seconds > 0
    error_message = "alarms_queue_age_seconds must be above 0."
  }
}

variable "alarms_retried" {
  description = "The deliveries a minute that stay on the queue from which there is an alarm."
  type        = number

  validation {
    condition     = var.alarms_retried > 0
    error_message = "alarms_retried must be above 0."
  }
}

variable "alarms_throttles" {
  description = "The throttled calls a minute from which there is an alarm."
  type        = number

  validation {
    condition     = var.alarms_throttles > 0
    error_message = "alarms_throttles must be above 0."
  }
}

variable "api_account_role" {
  description = "Whether this stage sets the role by which API Gateway writes logs, of which an account has one in each region. Where stages share them one does, the one that is destroyed last: without the role, API Gateway stops logging."
  type        = bool
}

variable "api_burst" {
  description = "How many requests at once the API takes."
  type        = number

  validation {
    condition     = var.api_burst >= 1 && var.api_burst <= 5000
    error_message = "api_burst must be 1 to 5000."
  }
}

variable "api_firewall" {
  description = "Whether a WAF stands before the API."
  type        = bool
}

variable "api_firewall_rate_per_5_minutes" {
  description = "How many requests one address may send in 5 minutes; null without api_firewall."
  type        = number

  validation {
    condition     = var.api_firewall_rate_per_5_minutes == null || coalesce(var.api_firewall_rate_per_5_minutes, 0) >= 10
    error_message = "api_firewall_rate_per_5_minutes must be null or at least 10."
  }
}

variable "api_rate_per_second" {
  description = "How many requests a second the API takes in the long run."
  type        = number

  validation {
    condition     = var.api_rate_per_second >= 1 && var.api_rate_per_second <= 10000
    error_message = "api_rate_per_second must be 1 to 10000."
  }
}

variable "clients_security_group_id" {
  description = "From the module stateful: the id of aws_security_group.clients."
  type        = string
}

variable "database_connections" {
  description = "About how many connections the database's size allows."
  type        = number

  validation {
    condition     = var.database_connections >= 1
    error_message = "database_connections must be at least 1."
  }
}

variable "database_credits" {
  description = "Whether the database is of a class that has CPU credits, which are then watched."
  type        = bool
}

variable "database_db_instance_address" {
  description = "From the module stateful: the address of aws_db_instance.database."
  type        = string
}

variable "database_db_instance_identifier" {
  description = "From the module stateful: the identifier of aws_db_instance.database."
  type        = string
}

variable "database_db_instance_resource_id" {
  description = "From the module stateful: the resource id of aws_db_instance.database."
  type        = string
}

variable "database_db_instance_secret_arn" {
  description = "From the module stateful: the ARN of the password's secret of aws_db_instance.database."
  type        = string
}

variable "database_db_proxy_arn" {
  description = "From the module stateful: the arn of aws_db_proxy.database."
  type        = string
}

variable "database_db_proxy_endpoint" {
  description = "From the module stateful: the endpoint of aws_db_proxy.database."
  type        = string
}

variable "database_db_proxy_name" {
  description = "From the module stateful: the name of aws_db_proxy.database."
  type        = string
}

variable "database_max_storage_gib" {
  description = "Up to which size the storage of an instance grows by itself, in GiB; null for a cluster."
  type        = number

  validation {
    condition     = coalesce(var.database_max_storage_gib, 22) >= 22 && coalesce(var.database_max_storage_gib, 22) <= 65536
    error_message = "database_max_storage_gib must be null or 22 to 65536, and 10 % above database_storage_gib."
  }
}

variable "database_proxy" {
  description = "Whether the functions reach the database over an RDS Proxy."
  type        = bool
}

variable "environment" {
  description = "The stage: it is in every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.environment)) && length(var.environment) >= 2 && length(var.environment) <= 16
    error_message = "environment must be 2 to 16 of a-z 0-9 -, a letter first, and each - between two others."
  }
}

variable "events_maintain_every_hours" {
  description = "The time between two runs of the function maintain, in hours."
  type        = number

  validation {
    condition     = var.events_maintain_every_hours >= 1 && var.events_maintain_every_hours <= 24
    error_message = "events_maintain_every_hours must be 1 to 24."
  }
}

variable "events_retention_days" {
  description = "How long an event is kept after it was stored, in days; 0 keeps all."
  type        = number

  validation {
    condition     = var.events_retention_days >= 0 && var.events_retention_days <= 36500
    error_message = "events_retention_days must be 0 to 36500."
  }
}

variable "functions_ingest_memory_mib" {
  description = "The memory of the function ingest, in MiB."
  type        = number

  validation {
    condition     = var.functions_ingest_memory_mib >= 128 && var.functions_ingest_memory_mib <= 10240
    error_message = "functions_ingest_memory_mib must be 128 to 10240."
  }
}

variable "functions_ingest_reserved_concurrency" {
  description = "How many calls of the function ingest may run at once, reserved for it; null for no reservation."
  type        = number

  validation {
    condition     = var.functions_ingest_reserved_concurrency == null || coalesce(var.functions_ingest_reserved_concurrency, 0) >= 0
    error_message = "functions_ingest_reserved_concurrency must be null or at least 0."
  }
}

variable "functions_ingest_timeout_seconds" {
  description = "How long a call of the function ingest may take, in seconds."
  type        = number

  validation {
    condition     = var.functions_ingest_timeout_seconds >= 3 && var.functions_ingest_timeout_seconds <= 28
    error_message = "functions_ingest_timeout_seconds must be 3 to 28."
  }
}

variable "functions_maintain_memory_mib" {
  description = "The memory of the function maintain, in MiB."
  type        = number

  validation {
    condition     = var.functions_maintain_memory_mib >= 128 && var.functions_maintain_memory_mib <= 10240
    error_message = "functions_maintain_memory_mib must be 128 to 10240."
  }
}

variable "functions_maintain_timeout_seconds" {
  description = "How long a call of the function maintain may take, in seconds."
  type        = number

  validation {
    condition     = var.functions_maintain_timeout_seconds >= 3 && var.functions_maintain_timeout_seconds <= 900
    error_message = "functions_maintain_timeout_seconds must be 3 to 900."
  }
}

variable "functions_migrate_memory_mib" {
  description = "The memory of the function migrate, in MiB."
  type        = number

  validation {
    condition     = var.functions_migrate_memory_mib >= 128 && var.functions_migrate_memory_mib <= 10240
    error_message = "functions_migrate_memory_mib must be 128 to 10240."
  }
}

variable "functions_migrate_timeout_seconds" {
  description = "How long a call of the function migrate may take, in seconds."
  type        = number

  validation {
    condition     = var.functions_migrate_timeout_seconds >= 3 && var.functions_migrate_timeout_seconds <= 900
    error_message = "functions_migrate_timeout_seconds must be 3 to 900."
  }
}

variable "functions_processor_maximum_concurrency" {
  description = "How many batches are processed at once."
  type        = number

  validation {
    condition     = var.functions_processor_maximum_concurrency >= 2 && var.functions_processor_maximum_concurrency <= 1000
    error_message = "functions_processor_maximum_concurrency must be 2 to 1000."
  }
}

variable "functions_processor_memory_mib" {
  description = "The memory of the function processor, in MiB."
  type        = number

  validation {
    condition     = var.functions_processor_memory_mib >= 512 && var.functions_processor_memory_mib <= 10240
    error_message = "functions_processor_memory_mib must be 512 to 10240."
  }
}

variable "functions_processor_timeout_seconds" {
  description = "How long a call of the function processor may take, in seconds."
  type        = number

  validation {
    condition     = var.functions_processor_timeout_seconds >= 3 && var.functions_processor_timeout_seconds <= 900
    error_message = "functions_processor_timeout_seconds must be 3 to 900."
  }
}

variable "functions_query_memory_mib" {
  description = "The memory of the function query, in MiB."
  type        = number

  validation {
    condition     = var.functions_query_memory_mib >= 128 && var.functions_query_memory_mib <= 10240
    error_message = "functions_query_memory_mib must be 128 to 10240."
  }
}

variable "functions_query_reserved_concurrency" {
  description = "How many calls of the function query may run at once, reserved for it; null for no reservation."
  type        = number

  validation {
    condition     = var.functions_query_reserved_concurrency == null || coalesce(var.functions_query_reserved_concurrency, 0) >= 0
    error_message = "functions_query_reserved_concurrency must be null or at least 0."
  }
}

variable "functions_query_timeout_seconds" {
  description = "How long a call of the function query may take, in seconds."
  type        = number

  validation {
    condition     = var.functions_query_timeout_seconds >= 3 && var.functions_query_timeout_seconds <= 28
    error_message = "functions_query_timeout_seconds must be 3 to 28."
  }
}

variable "isolated_subnet_ids" {
  description = "From the module stateful: the id of each of aws_subnet.isolated."
  type        = list(string)
}

variable "lambda_ingest_zip_path" {
  description = "The zip of the function ingest, as make package writes it."
  type        = string

  validation {
    condition     = endswith(var.lambda_ingest_zip_path, ".zip")
    error_message = "lambda_ingest_zip_path must be the path of a .zip file."
  }
}

variable "lambda_maintain_zip_path" {
  description = "The zip of the function maintain, as make package writes it."
  type        = string

  validation {
    condition     = endswith(var.lambda_maintain_zip_path, ".zip")
    error_message = "lambda_maintain_zip_path must be the path of a .zip file."
  }
}

variable "lambda_migrate_zip_path" {
  description = "The zip of the function migrate, as make package writes it."
  type        = string

  validation {
    condition     = endswith(var.lambda_migrate_zip_path, ".zip")
    error_message = "lambda_migrate_zip_path must be the path of a .zip file."
  }
}

variable "lambda_processor_zip_path" {
  description = "The zip of the function processor, as make package writes it."
  type        = string

  validation {
    condition     = endswith(var.lambda_processor_zip_path, ".zip")
    error_message = "lambda_processor_zip_path must be the path of a .zip file."
  }
}

variable "lambda_query_zip_path" {
  description = "The zip of the function query, as make package writes it."
  type        = string

  validation {
    condition     = endswith(var.lambda_query_zip_path, ".zip")
    error_message = "lambda_query_zip_path must be the path of a .zip file."
  }
}

variable "logs_level" {
  description = "From which level on the functions log: debug, info, warn or error."
  type        = string

  validation {
    condition     = contains(["debug", "info", "warn", "error"], var.logs_level)
    error_message = "logs_level must be debug, info, warn or error."
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

variable "logs_system_level" {
  description = "From which level on Lambda logs by itself: INFO has two lines for each call, WARN those of failures."
  type        = string

  validation {
    condition     = contains(["INFO", "WARN"], var.logs_system_level)
    error_message = "logs_system_level must be INFO or WARN."
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

variable "payloads_s3_bucket_arn" {
  description = "From the module stateful: the arn of aws_s3_bucket.payloads."
  type        = string
}

variable "payloads_s3_bucket_id" {
  description = "From the module stateful: the id of aws_s3_bucket.payloads."
  type        = string
}

variable "queue_batch_size" {
  description = "How many events a batch has at most."
  type        = number

  validation {
    condition     = var.queue_batch_size >= 1 && var.queue_batch_size <= 10000
    error_message = "queue_batch_size must be 1 to 10000."
  }
}

variable "queue_batch_window_seconds" {
  description = "How long a batch is gathered, in seconds; the queue's visibility time-out grows with it."
  type        = number

  validation {
    condition     = var.queue_batch_window_seconds >= 0 && var.queue_batch_window_seconds <= 300
    error_message = "queue_batch_window_seconds must be 0 to 300."
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

variable "traces_requests_percent" {
  description = "The share of the requests that X-Ray records, in percent; null for X-Ray's default rule."
  type        = number

  validation {
    condition     = coalesce(var.traces_requests_percent, 1) >= 1 && coalesce(var.traces_requests_percent, 1) <= 100
    error_message = "traces_requests_percent must be null or 1 to 100."
  }
}
