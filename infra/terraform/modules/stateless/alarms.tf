# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_sns_topic" "alarms" {
  name              = "fluxa-alarms-${var.environment}"
  display_name      = "Fluxa ${var.environment} alarms"
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
    ]
    Version = "2012-10-17"
  })
}

resource "aws_cloudwatch_metric_alarm" "api5xx" {
  alarm_name          = "fluxa-api-5xx-rate-${var.environment}"
  alarm_description   = "The API answers 5xx: look at the functions' error alarms, then at the API's execution log."
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
        ApiName = "fluxa-${var.environment}"
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
        ApiName = "fluxa-${var.environment}"
        Stage   = aws_api_gateway_stage.api.stage_name
      }
      period = 60
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "ingest_errors" {
  alarm_name          = "fluxa-ingest-error-rate-${var.environment}"
  alarm_description   = "Ingest crashes or runs out of time: its log has the reason."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_error_rate_percent
  evaluation_periods  = 3
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
  alarm_name          = "fluxa-ingest-throttles-${var.environment}"
  alarm_description   = "Ingest has reached its concurrency: raise it, or find who sends so much."
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
  alarm_name          = "fluxa-processor-error-rate-${var.environment}"
  alarm_description   = "Processor crashes or runs out of time: its log has the reason."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_error_rate_percent
  evaluation_periods  = 3
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
  alarm_name          = "fluxa-processor-throttles-${var.environment}"
  alarm_description   = "Processor has reached its concurrency: raise it, or find who sends so much."
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
  alarm_name          = "fluxa-query-error-rate-${var.environment}"
  alarm_description   = "Query crashes or runs out of time: its log has the reason."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_error_rate_percent
  evaluation_periods  = 3
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
  alarm_name          = "fluxa-query-throttles-${var.environment}"
  alarm_description   = "Query has reached its concurrency: raise it, or find who sends so much."
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
  alarm_name          = "fluxa-dlq-depth-${var.environment}"
  alarm_description   = "Events were given up: fluxa dlq ls tells which and why, fluxa dlq redrive sends them again."
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

resource "aws_cloudwatch_metric_alarm" "queue_age" {
  alarm_name          = "fluxa-queue-age-${var.environment}"
  alarm_description   = "The oldest event waits too long: the processor is too slow, or what it needs is away."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_queue_age_seconds
  evaluation_periods  = 5
  datapoints_to_alarm = 5
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

resource "aws_cloudwatch_metric_alarm" "end_to_end" {
  alarm_name          = "fluxa-end-to-end-p99-${var.environment}"
  alarm_description   = "One event in a hundred takes too long from its acceptance to its row."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms_end_to_end_p99_ms
  evaluation_periods  = 5
  datapoints_to_alarm = 5
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
        Environment = var.environment
        Service     = "processor"
      }
      period = 60
      stat   = "p99"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "processor_concurrency" {
  alarm_name          = "fluxa-processor-concurrency-${var.environment}"
  alarm_description   = "The processor is near its maximum concurrency of ${var.functions_processor_maximum_concurrency}: the queue will grow."
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

resource "aws_cloudwatch_metric_alarm" "database_cpu" {
  alarm_name          = "fluxa-database-cpu-${var.environment}"
  alarm_description   = "The database is busy: Performance Insights names the statements."
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

resource "aws_cloudwatch_metric_alarm" "database_storage" {
  alarm_name          = "fluxa-database-storage-${var.environment}"
  alarm_description   = "The database runs out of storage; it grows by itself up to ${var.database_max_storage_gib} GiB."
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

resource "aws_cloudwatch_metric_alarm" "database_connections" {
  alarm_name          = "fluxa-database-connections-${var.environment}"
  alarm_description   = "The database has many of the about ${var.database_connections} connections that it allows."
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
  alarm_name          = "fluxa-maintenance-${var.environment}"
  alarm_description   = "The tables have not been maintained for three hours: the log of maintain has the reason, or its schedule is off."
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
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
        Environment = var.environment
        Service     = "maintain"
      }
      period = 3600
      stat   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "misplaced" {
  alarm_name          = "fluxa-events-misplaced-${var.environment}"
  alarm_description   = "Events lie in the default partition, which is never dropped: the log of maintain says why their day has none."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching"
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
        Environment = var.environment
        Service     = "maintain"
      }
      period = 3600
      stat   = "Maximum"
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "unhealthy" {
  alarm_name        = "fluxa-pipeline-unhealthy-${var.environment}"
  alarm_description = "Events are refused, stuck or given up: one of the alarms of which it is made tells which."
  alarm_rule        = "(ALARM(\"${aws_cloudwatch_metric_alarm.api5xx.arn}\") OR ALARM(\"${aws_cloudwatch_metric_alarm.ingest_errors.arn}\") OR ALARM(\"${aws_cloudwatch_metric_alarm.processor_errors.arn}\") OR ALARM(\"${aws_cloudwatch_metric_alarm.dlq_depth.arn}\") OR ALARM(\"${aws_cloudwatch_metric_alarm.queue_age.arn}\") OR ALARM(\"${aws_cloudwatch_metric_alarm.database_storage.arn}\"))"
  alarm_actions     = [aws_sns_topic.alarms.arn]
  ok_actions        = [aws_sns_topic.alarms.arn]
  tags              = local.tags
}
