# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_sns_topic" "alarms" {
  name              = "${var.name_prefix}fluxa-alarms-${var.environment}"
  display_name      = "Fluxa ${var.name_prefix}${var.environment} alarms"
  kms_master_key_id = aws_kms_key.topic_key.arn
  tags              = local.tags
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Statement = [
      {
        Action = "sns:Publish"
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
        Effect    = "Deny"
        Principal = "*"
        Resource  = aws_sns_topic.alarms.arn
        Sid       = "AllowPublishThroughSSLOnly"
      },
      {
        Action = "sns:Publish"
        Condition = {
          StringEquals = {
            "aws:SourceAccount" = local.account_id
          }
        }
        Effect = "Allow"
        Principal = {
          Service = "cloudwatch.amazonaws.com"
        }
        Resource = aws_sns_topic.alarms.arn
        Sid      = "AlarmsMayPublish"
      },
      {
        Action = "sns:Publish"
        Condition = {
          StringEquals = {
            "aws:SourceAccount" = local.account_id
          }
        }
        Effect = "Allow"
        Principal = {
          Service = "events.rds.amazonaws.com"
        }
        Resource = aws_sns_topic.alarms.arn
        Sid      = "DatabaseEventsMayPublish"
      },
    ]
    Version = "2012-10-17"
  })
}

resource "aws_db_event_subscription" "instance_events" {
  name             = "${var.name_prefix}fluxa-database-events-${var.environment}"
  sns_topic        = aws_sns_topic.alarms.arn
  source_type      = "db-instance"
  source_ids       = [var.database_db_instance_identifier]
  event_categories = ["availability", "failover", "failure", "low storage", "maintenance", "recovery"]
  enabled          = true
  tags             = local.tags

  depends_on = [aws_sns_topic_policy.alarms]
}

resource "aws_db_event_subscription" "proxy_events" {
  count = var.database_proxy ? 1 : 0

  name             = "${var.name_prefix}fluxa-proxy-events-${var.environment}"
  sns_topic        = aws_sns_topic.alarms.arn
  source_type      = "db-proxy"
  source_ids       = [var.database_db_proxy_name]
  event_categories = ["failure"]
  enabled          = true
  tags             = local.tags

  depends_on = [aws_sns_topic_policy.alarms]
}

resource "aws_cloudwatch_metric_alarm" "api5xx" {
  alarm_name          = "${var.name_prefix}fluxa-api-5xx-rate-${var.environment}"
  alarm_description   = "The API answers 5xx. First: see which function's alarm is on too and read its log; if none is, read the API's execution log."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_api_5xx_percent
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "expr_1"
    label       = "5xx of the API, %"
    expression  = "IF(whole > 0, 100 * part / whole, 0)"
    return_data = true
  }

  metric_query {
    id          = "part"
    return_data = false

    metric {
      namespace   = "AWS/ApiGateway"
      metric_name = "5XXError"
      dimensions = {
        ApiName = "${var.name_prefix}fluxa-${var.environment}"
        Stage   = aws_api_gateway_stage.api.stage_name
      }
      period = 60
      stat   = "Sum"
    }
  }

  metric_query {
    id          = "whole"
    return_data = false

    metric {
      namespace   = "AWS/ApiGateway"
      metric_name = "Count"
      dimensions = {
        ApiName = "${var.name_prefix}fluxa-${var.environment}"
        Stage   = aws_api_gateway_stage.api.stage_name
      }
      period = 60
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "ingest_errors" {
  alarm_name          = "${var.name_prefix}fluxa-ingest-error-rate-${var.environment}"
  alarm_description   = "Ingest crashes or runs out of time. First: read its log for the reason; after a release, go back to the version before."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_error_rate_percent
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "expr_1"
    label       = "errors of ingest, %"
    expression  = "IF(whole > 0, 100 * part / whole, 0)"
    return_data = true
  }

  metric_query {
    id          = "part"
    label       = "ingest"
    return_data = false

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Errors"
      dimensions = {
        FunctionName = aws_lambda_function.ingest.function_name
      }
      period = 60
      stat   = "Sum"
    }
  }

  metric_query {
    id          = "whole"
    label       = "ingest"
    return_data = false

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"
      dimensions = {
        FunctionName = aws_lambda_function.ingest.function_name
      }
      period = 60
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "ingest_throttles" {
  alarm_name          = "${var.name_prefix}fluxa-ingest-throttles-${var.environment}"
  alarm_description   = "Ingest finds no concurrency left. First: see in the API's access log who sends so much; then raise the function's concurrency, or the account's."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_throttles
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "ingest"
    return_data = true

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Throttles"
      dimensions = {
        FunctionName = aws_lambda_function.ingest.function_name
      }
      period = 60
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_errors" {
  alarm_name          = "${var.name_prefix}fluxa-processor-error-rate-${var.environment}"
  alarm_description   = "Processor crashes or runs out of time. First: read its log for the reason; after a release, go back to the version before."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_error_rate_percent
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "expr_1"
    label       = "errors of processor, %"
    expression  = "IF(whole > 0, 100 * part / whole, 0)"
    return_data = true
  }

  metric_query {
    id          = "part"
    label       = "processor"
    return_data = false

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Errors"
      dimensions = {
        FunctionName = aws_lambda_function.processor.function_name
      }
      period = 60
      stat   = "Sum"
    }
  }

  metric_query {
    id          = "whole"
    label       = "processor"
    return_data = false

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"
      dimensions = {
        FunctionName = aws_lambda_function.processor.function_name
      }
      period = 60
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_throttles" {
  alarm_name          = "${var.name_prefix}fluxa-processor-throttles-${var.environment}"
  alarm_description   = "Processor finds no concurrency left. First: see in the API's access log who sends so much; then raise the function's concurrency, or the account's."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_throttles
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "processor"
    return_data = true

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Throttles"
      dimensions = {
        FunctionName = aws_lambda_function.processor.function_name
      }
      period = 60
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "query_errors" {
  alarm_name          = "${var.name_prefix}fluxa-query-error-rate-${var.environment}"
  alarm_description   = "Query crashes or runs out of time. First: read its log for the reason; after a release, go back to the version before."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_error_rate_percent
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "expr_1"
    label       = "errors of query, %"
    expression  = "IF(whole > 0, 100 * part / whole, 0)"
    return_data = true
  }

  metric_query {
    id          = "part"
    label       = "query"
    return_data = false

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Errors"
      dimensions = {
        FunctionName = aws_lambda_function.query.function_name
      }
      period = 60
      stat   = "Sum"
    }
  }

  metric_query {
    id          = "whole"
    label       = "query"
    return_data = false

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"
      dimensions = {
        FunctionName = aws_lambda_function.query.function_name
      }
      period = 60
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "query_throttles" {
  alarm_name          = "${var.name_prefix}fluxa-query-throttles-${var.environment}"
  alarm_description   = "Query finds no concurrency left. First: see in the API's access log who sends so much; then raise the function's concurrency, or the account's."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_throttles
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "query"
    return_data = true

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Throttles"
      dimensions = {
        FunctionName = aws_lambda_function.query.function_name
      }
      period = 60
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "dlq_depth" {
  alarm_name          = "${var.name_prefix}fluxa-dlq-depth-${var.environment}"
  alarm_description   = "Events were given up. First: fluxa dlq ls tells which and why; mend the cause, then fluxa dlq redrive sends them again."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_dlq_depth
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "dead letters"
    return_data = true

    metric {
      namespace   = "AWS/SQS"
      metric_name = "ApproximateNumberOfMessagesVisible"
      dimensions = {
        QueueName = aws_sqs_queue.events_dead_letters.name
      }
      period = 60
      stat   = "Maximum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "dlq_sent" {
  alarm_name          = "${var.name_prefix}fluxa-dlq-sent-${var.environment}"
  alarm_description   = "Events are being given up. First: fluxa dlq ls; many of one error code are a client or a release that went wrong: find out since when."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_dlq_depth
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "dlq_sent Sum"
    return_data = true

    metric {
      namespace   = "Fluxa/Processor"
      metric_name = "dlq_sent"
      dimensions = {
        Environment = "${var.name_prefix}${var.environment}"
        Service     = "processor"
      }
      period = 60
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "retried" {
  alarm_name          = "${var.name_prefix}fluxa-events-retried-${var.environment}"
  alarm_description   = "Events cannot be finished and stay on the queue. First: see in the processor's log, saved query retries by code, what is away: the database, SNS (notifier_unavailable) or S3 (storage_unavailable)."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_retried
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "retried Sum"
    return_data = true

    metric {
      namespace   = "Fluxa/Processor"
      metric_name = "retried"
      dimensions = {
        Environment = "${var.name_prefix}${var.environment}"
        Service     = "processor"
      }
      period = 60
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "oldest_retried" {
  alarm_name          = "${var.name_prefix}fluxa-oldest-retried-${var.environment}"
  alarm_description   = "An event has been tried again and again for too long. First: find it in the processor's log by result retried; its error_code tells what to mend."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_queue_age_seconds * 1000
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "oldest_retried_age_ms Maximum"
    return_data = true

    metric {
      namespace   = "Fluxa/Processor"
      metric_name = "oldest_retried_age_ms"
      dimensions = {
        Environment = "${var.name_prefix}${var.environment}"
        Service     = "processor"
      }
      period = 60
      stat   = "Maximum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "queue_age" {
  alarm_name          = "${var.name_prefix}fluxa-queue-age-${var.environment}"
  alarm_description   = "The oldest event waits too long. First: is the processor's event source mapping enabled, does the function fail, is it throttled? Else it is too slow: see its concurrency and the database's load."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_queue_age_seconds
  evaluation_periods  = 2
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "oldest event, s"
    return_data = true

    metric {
      namespace   = "AWS/SQS"
      metric_name = "ApproximateAgeOfOldestMessage"
      dimensions = {
        QueueName = aws_sqs_queue.events.name
      }
      period = 60
      stat   = "Maximum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "in_flight" {
  alarm_name          = "${var.name_prefix}fluxa-in-flight-${var.environment}"
  alarm_description   = "More events are in flight than the processor can hold: they wait for another try, and at 120000 SQS hands over no more. First: do what events-retried or processor-error-rate says."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = min(96000, 2 * (var.functions_processor_maximum_concurrency * var.queue_batch_size))
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "under way"
    return_data = true

    metric {
      namespace   = "AWS/SQS"
      metric_name = "ApproximateNumberOfMessagesNotVisible"
      dimensions = {
        QueueName = aws_sqs_queue.events.name
      }
      period = 60
      stat   = "Maximum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "end_to_end" {
  alarm_name          = "${var.name_prefix}fluxa-end-to-end-p99-${var.environment}"
  alarm_description   = "One event in a hundred takes too long from its acceptance to its row. First: see on the dashboard whether it waits in the queue or in the database."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_end_to_end_p99_ms
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "end_to_end_latency_ms p99"
    return_data = true

    metric {
      namespace   = "Fluxa/Processor"
      metric_name = "end_to_end_latency_ms"
      dimensions = {
        Environment = "${var.name_prefix}${var.environment}"
        Service     = "processor"
      }
      period = 60
      stat   = "p99"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_concurrency" {
  alarm_name          = "${var.name_prefix}fluxa-processor-concurrency-${var.environment}"
  alarm_description   = "The processor is near its maximum concurrency of ${var.functions_processor_maximum_concurrency}: the queue will grow. First: see whether the database has room; then raise the maximum, or the size of a batch."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.functions_processor_maximum_concurrency * var.alarms_concurrency_percent / 100
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "processor"
    return_data = true

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "ConcurrentExecutions"
      dimensions = {
        FunctionName = aws_lambda_function.processor.function_name
      }
      period = 60
      stat   = "Maximum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "notifications_failed" {
  alarm_name          = "${var.name_prefix}fluxa-notifications-failed-${var.environment}"
  alarm_description   = "SNS cannot deliver to a subscriber, who misses notifications. First: list the topic's subscriptions; is each endpoint there, and does its policy let SNS in? Then announce again what was missed."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_notifications_failed
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "not delivered"
    return_data = true

    metric {
      namespace   = "AWS/SNS"
      metric_name = "NumberOfNotificationsFailed"
      dimensions = {
        TopicName = aws_sns_topic.notifications.name
      }
      period = 60
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "database_cpu" {
  alarm_name          = "${var.name_prefix}fluxa-database-cpu-${var.environment}"
  alarm_description   = "The database is busy. First: see in Performance Insights which statement it is; if it is ours, take a larger instance class."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_database_cpu_percent
  evaluation_periods  = 10
  datapoints_to_alarm = 10
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "CPUUtilization"
    return_data = true

    metric {
      namespace   = "AWS/RDS"
      metric_name = "CPUUtilization"
      dimensions = {
        DBInstanceIdentifier = var.database_db_instance_identifier
      }
      period = 60
      stat   = "Average"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "database_memory" {
  alarm_name          = "${var.name_prefix}fluxa-database-memory-${var.environment}"
  alarm_description   = "The database runs out of memory and may restart. First: see in Performance Insights whether sessions or one statement take it; else take a larger instance class."
  comparison_operator = "LessThanThreshold"
  threshold           = var.alarms_database_free_memory_mib * 1048576
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "FreeableMemory"
    return_data = true

    metric {
      namespace   = "AWS/RDS"
      metric_name = "FreeableMemory"
      dimensions = {
        DBInstanceIdentifier = var.database_db_instance_identifier
      }
      period = 60
      stat   = "Average"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "database_storage" {
  alarm_name          = "${var.name_prefix}fluxa-database-storage-${var.environment}"
  alarm_description   = "The database runs out of storage; it grows by itself up to ${var.database_max_storage_gib} GiB. First: raise database.max_storage_gib, or keep events for fewer days."
  comparison_operator = "LessThanThreshold"
  threshold           = var.alarms_database_free_storage_gib * 1073741824
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "FreeStorageSpace"
    return_data = true

    metric {
      namespace   = "AWS/RDS"
      metric_name = "FreeStorageSpace"
      dimensions = {
        DBInstanceIdentifier = var.database_db_instance_identifier
      }
      period = 60
      stat   = "Minimum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "proxy_connections" {
  count = var.database_proxy ? 1 : 0

  alarm_name          = "${var.name_prefix}fluxa-proxy-connections-${var.environment}"
  alarm_description   = "The proxy has lent most of its connections to the database; callers will wait, then fail. First: see in Performance Insights what the sessions wait for; then lower the functions' concurrency, or take a larger instance class."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_proxy_connections_percent
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "expr_1"
    label       = "connections of the proxy, %"
    expression  = "IF(whole > 0, 100 * part / whole, 0)"
    return_data = true
  }

  metric_query {
    id          = "part"
    return_data = false

    metric {
      namespace   = "AWS/RDS"
      metric_name = "DatabaseConnectionsCurrentlyBorrowed"
      dimensions = {
        ProxyName = var.database_db_proxy_name
      }
      period = 60
      stat   = "Sum"
    }
  }

  metric_query {
    id          = "whole"
    return_data = false

    metric {
      namespace   = "AWS/RDS"
      metric_name = "MaxDatabaseConnectionsAllowed"
      dimensions = {
        ProxyName = var.database_db_proxy_name
      }
      period = 60
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "database_connections" {
  alarm_name          = "${var.name_prefix}fluxa-database-connections-${var.environment}"
  alarm_description   = "The database has many of the about ${var.database_connections} connections that it allows. First: see in pg_stat_activity whose they are; lower the functions' concurrency, or put a proxy before it."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.database_connections * var.alarms_database_connections_percent / 100
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "DatabaseConnections"
    return_data = true

    metric {
      namespace   = "AWS/RDS"
      metric_name = "DatabaseConnections"
      dimensions = {
        DBInstanceIdentifier = var.database_db_instance_identifier
      }
      period = 60
      stat   = "Maximum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "maintenance" {
  alarm_name          = "${var.name_prefix}fluxa-maintenance-${var.environment}"
  alarm_description   = "The tables have not been maintained for two hours more than there are between two runs. First: read the log of maintain for the reason; if it has no runs, see whether its schedule is enabled."
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  evaluation_periods  = var.events_maintain_every_hours + 2
  datapoints_to_alarm = var.events_maintain_every_hours + 2
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "expr_1"
    label       = "maintained"
    expression  = "FILL(runs, 0)"
    return_data = true
  }

  metric_query {
    id          = "runs"
    label       = "maintain_success Sum"
    return_data = false

    metric {
      namespace   = "Fluxa/Maintain"
      metric_name = "maintain_success"
      dimensions = {
        Environment = "${var.name_prefix}${var.environment}"
        Service     = "maintain"
      }
      period = 3600
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "partitions" {
  alarm_name          = "${var.name_prefix}fluxa-partitions-ahead-${var.environment}"
  alarm_description   = "Partitions of the coming days are missing: maintain cannot make all 7. First: read its log for the reason, mend that, and invoke it; events lose their partition only when none is left."
  comparison_operator = "LessThanThreshold"
  threshold           = 7
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "ignore"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "partitions_ahead Minimum"
    return_data = true

    metric {
      namespace   = "Fluxa/Maintain"
      metric_name = "partitions_ahead"
      dimensions = {
        Environment = "${var.name_prefix}${var.environment}"
        Service     = "maintain"
      }
      period = 60
      stat   = "Minimum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "misplaced" {
  alarm_name          = "${var.name_prefix}fluxa-events-misplaced-${var.environment}"
  alarm_description   = "Events lie in the default partition, which is never dropped. First: read the log of maintain for why the partition of their day cannot be made."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "ignore"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "events_misplaced Maximum"
    return_data = true

    metric {
      namespace   = "Fluxa/Maintain"
      metric_name = "events_misplaced"
      dimensions = {
        Environment = "${var.name_prefix}${var.environment}"
        Service     = "maintain"
      }
      period = 60
      stat   = "Maximum"
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "unhealthy" {
  alarm_name        = "${var.name_prefix}fluxa-pipeline-unhealthy-${var.environment}"
  alarm_description = "Events are refused, stuck or given up. First: open the dashboard and do what the alarm says that is on too."
  alarm_rule        = "(ALARM(\"${aws_cloudwatch_metric_alarm.api5xx.arn}\") OR ALARM(\"${aws_cloudwatch_metric_alarm.ingest_errors.arn}\") OR ALARM(\"${aws_cloudwatch_metric_alarm.processor_errors.arn}\") OR ALARM(\"${aws_cloudwatch_metric_alarm.dlq_depth.arn}\") OR ALARM(\"${aws_cloudwatch_metric_alarm.dlq_sent.arn}\") OR ALARM(\"${aws_cloudwatch_metric_alarm.retried.arn}\") OR ALARM(\"${aws_cloudwatch_metric_alarm.oldest_retried.arn}\") OR ALARM(\"${aws_cloudwatch_metric_alarm.queue_age.arn}\") OR ALARM(\"${aws_cloudwatch_metric_alarm.database_storage.arn}\"))"
  alarm_actions     = [aws_sns_topic.alarms.arn]
  ok_actions        = [aws_sns_topic.alarms.arn]
  tags              = local.tags
}

resource "aws_cloudwatch_metric_alarm" "database_credits" {
  count = var.database_credits ? 1 : 0

  alarm_name          = "${var.name_prefix}fluxa-database-credits-${var.environment}"
  alarm_description   = "The database has used more of its processors than its class earns, which will be charged. First: see in Performance Insights which statement it is; if it is ours, take a larger class."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 144
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  metric_query {
    id          = "m1"
    label       = "CPUSurplusCreditBalance"
    return_data = true

    metric {
      namespace   = "AWS/RDS"
      metric_name = "CPUSurplusCreditBalance"
      dimensions = {
        DBInstanceIdentifier = var.database_db_instance_identifier
      }
      period = 300
      stat   = "Maximum"
    }
  }
}
