# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_lambda_function" "ingest" {
  function_name                  = "${var.name_prefix}fluxa-ingest-${var.environment}"
  description                    = "Fluxa: takes events over HTTP and puts them on the queue"
  filename                       = var.lambda_ingest_zip_path
  source_code_hash               = filebase64sha256(var.lambda_ingest_zip_path)
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = ["arm64"]
  memory_size                    = var.functions_ingest_memory_mib
  timeout                        = var.functions_ingest_timeout_seconds
  reserved_concurrent_executions = var.functions_ingest_reserved_concurrency
  role                           = aws_iam_role.ingest.arn
  publish                        = true
  tags                           = local.tags

  environment {
    variables = {
      FLUXA_ENVIRONMENT = "${var.name_prefix}${var.environment}"
      FLUXA_LOG_LEVEL   = var.logs_level
      PAYLOAD_BUCKET    = var.payloads_s3_bucket_id
      QUEUE_URL         = aws_sqs_queue.events.url
    }
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.ingest.name
    application_log_level = var.logs_level == "debug" ? "DEBUG" : "INFO"
    system_log_level      = var.logs_system_level
  }

  tracing_config {
    mode = "Active"
  }
}

resource "aws_lambda_function" "processor" {
  function_name    = "${var.name_prefix}fluxa-processor-${var.environment}"
  description      = "Fluxa: stores the queue's events and announces them"
  filename         = var.lambda_processor_zip_path
  source_code_hash = filebase64sha256(var.lambda_processor_zip_path)
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = ["arm64"]
  memory_size      = var.functions_processor_memory_mib
  timeout          = var.functions_processor_timeout_seconds
  role             = aws_iam_role.processor.arn
  publish          = true
  tags             = local.tags

  environment {
    variables = {
      DB_HOST           = var.database_db_proxy_endpoint
      DB_MAX_CONNS      = "2"
      DB_NAME           = "fluxa"
      DB_PORT           = "5432"
      DB_SECRET_ARN     = var.database_db_instance_secret_arn
      DLQ_URL           = aws_sqs_queue.events_dead_letters.url
      FLUXA_ENVIRONMENT = "${var.name_prefix}${var.environment}"
      FLUXA_LOG_LEVEL   = var.logs_level
      PAYLOAD_BUCKET    = var.payloads_s3_bucket_id
      QUEUE_URL         = aws_sqs_queue.events.url
      TOPIC_ARN         = aws_sns_topic.notifications.arn
    }
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.processor.name
    application_log_level = var.logs_level == "debug" ? "DEBUG" : "INFO"
    system_log_level      = var.logs_system_level
  }

  tracing_config {
    mode = "Active"
  }

  vpc_config {
    security_group_ids = [var.clients_security_group_id]
    subnet_ids         = var.isolated_subnet_ids
  }
}

resource "aws_lambda_function" "query" {
  function_name                  = "${var.name_prefix}fluxa-query-${var.environment}"
  description                    = "Fluxa: reads events and their status"
  filename                       = var.lambda_query_zip_path
  source_code_hash               = filebase64sha256(var.lambda_query_zip_path)
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = ["arm64"]
  memory_size                    = var.functions_query_memory_mib
  timeout                        = var.functions_query_timeout_seconds
  reserved_concurrent_executions = var.functions_query_reserved_concurrency
  role                           = aws_iam_role.query.arn
  publish                        = true
  tags                           = local.tags

  environment {
    variables = {
      DB_HOST           = var.database_db_proxy_endpoint
      DB_MAX_CONNS      = "1"
      DB_NAME           = "fluxa"
      DB_PORT           = "5432"
      DB_SECRET_ARN     = var.database_db_instance_secret_arn
      FLUXA_ENVIRONMENT = "${var.name_prefix}${var.environment}"
      FLUXA_LOG_LEVEL   = var.logs_level
      PAYLOAD_BUCKET    = var.payloads_s3_bucket_id
    }
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.query.name
    application_log_level = var.logs_level == "debug" ? "DEBUG" : "INFO"
    system_log_level      = var.logs_system_level
  }

  tracing_config {
    mode = "Active"
  }

  vpc_config {
    security_group_ids = [var.clients_security_group_id]
    subnet_ids         = var.isolated_subnet_ids
  }
}

resource "aws_lambda_function" "migrate" {
  function_name    = "${var.name_prefix}fluxa-migrate-${var.environment}"
  description      = "Fluxa: applies the migrations during a deployment"
  filename         = var.lambda_migrate_zip_path
  source_code_hash = filebase64sha256(var.lambda_migrate_zip_path)
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = ["arm64"]
  memory_size      = var.functions_migrate_memory_mib
  timeout          = var.functions_migrate_timeout_seconds
  role             = aws_iam_role.migrate.arn
  tags             = local.tags

  environment {
    variables = {
      DB_CA_FILE        = "/var/task/rds-ca.pem"
      DB_HOST           = var.database_db_instance_address
      DB_MAX_CONNS      = "1"
      DB_NAME           = "fluxa"
      DB_PORT           = "5432"
      DB_SECRET_ARN     = var.database_db_instance_secret_arn
      FLUXA_ENVIRONMENT = "${var.name_prefix}${var.environment}"
      FLUXA_LOG_LEVEL   = var.logs_level
    }
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.migrate.name
    application_log_level = var.logs_level == "debug" ? "DEBUG" : "INFO"
    system_log_level      = var.logs_system_level
  }

  tracing_config {
    mode = "Active"
  }

  vpc_config {
    security_group_ids = [var.clients_security_group_id]
    subnet_ids         = var.isolated_subnet_ids
  }
}

resource "aws_lambda_function" "maintain" {
  function_name    = "${var.name_prefix}fluxa-maintain-${var.environment}"
  description      = "Fluxa: makes partitions ahead, drops expired ones and prunes keys"
  filename         = var.lambda_maintain_zip_path
  source_code_hash = filebase64sha256(var.lambda_maintain_zip_path)
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = ["arm64"]
  memory_size      = var.functions_maintain_memory_mib
  timeout          = var.functions_maintain_timeout_seconds
  role             = aws_iam_role.maintain.arn
  tags             = local.tags

  environment {
    variables = {
      DB_CA_FILE           = "/var/task/rds-ca.pem"
      DB_HOST              = var.database_db_instance_address
      DB_MAX_CONNS         = "1"
      DB_NAME              = "fluxa"
      DB_PORT              = "5432"
      DB_SECRET_ARN        = var.database_db_instance_secret_arn
      FLUXA_ENVIRONMENT    = "${var.name_prefix}${var.environment}"
      FLUXA_LOG_LEVEL      = var.logs_level
      FLUXA_RETENTION_DAYS = var.events_retention_days
    }
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.maintain.name
    application_log_level = var.logs_level == "debug" ? "DEBUG" : "INFO"
    system_log_level      = var.logs_system_level
  }

  tracing_config {
    mode = "Active"
  }

  vpc_config {
    security_group_ids = [var.clients_security_group_id]
    subnet_ids         = var.isolated_subnet_ids
  }
}
