# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_dashboard" "dashboard" {
  dashboard_name = "${var.name_prefix}fluxa-${var.environment}"
  dashboard_body = jsonencode({
    periodOverride = "auto"
    start          = "-PT3H"
    widgets = [
      {
        height = 1
        properties = {
          background = "transparent"
          markdown   = "## Is it healthy?"
        }
        type  = "text"
        width = 24
        x     = 0
        y     = 0
      },
      {
        height = 6
        properties = {
          alarms = concat([
            aws_cloudwatch_composite_alarm.unhealthy.arn,
            aws_cloudwatch_metric_alarm.api5xx.arn,
            aws_cloudwatch_metric_alarm.ingest_errors.arn,
            aws_cloudwatch_metric_alarm.ingest_throttles.arn,
            aws_cloudwatch_metric_alarm.processor_errors.arn,
            aws_cloudwatch_metric_alarm.processor_throttles.arn,
            aws_cloudwatch_metric_alarm.query_errors.arn,
            aws_cloudwatch_metric_alarm.query_throttles.arn,
            aws_cloudwatch_metric_alarm.dlq_depth.arn,
            aws_cloudwatch_metric_alarm.dlq_sent.arn,
            aws_cloudwatch_metric_alarm.retried.arn,
            aws_cloudwatch_metric_alarm.oldest_retried.arn,
            aws_cloudwatch_metric_alarm.queue_age.arn,
            aws_cloudwatch_metric_alarm.in_flight.arn,
            aws_cloudwatch_metric_alarm.end_to_end.arn,
            aws_cloudwatch_metric_alarm.processor_concurrency.arn,
            aws_cloudwatch_metric_alarm.notifications_failed.arn,
            aws_cloudwatch_metric_alarm.database_cpu.arn,
            aws_cloudwatch_metric_alarm.database_memory.arn,
            aws_cloudwatch_metric_alarm.database_storage.arn,
            ], var.database_credits ? [one(aws_cloudwatch_metric_alarm.database_credits[*].arn)] : [], var.database_proxy ? [one(aws_cloudwatch_metric_alarm.proxy_connections[*].arn)] : [], [
            aws_cloudwatch_metric_alarm.database_connections.arn,
            aws_cloudwatch_metric_alarm.maintenance.arn,
            aws_cloudwatch_metric_alarm.partitions.arn,
            aws_cloudwatch_metric_alarm.misplaced.arn,
          ])
          title = "Alarms"
        }
        type  = "alarm"
        width = 12
        x     = 0
        y     = 1
      },
      {
        height = 6
        properties = {
          metrics = [
            [
              "Fluxa/Ingest",
              "ingest_success",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "ingest",
              {
                label  = "ingest_success Sum"
                period = 60
                stat   = "Sum"
              },
            ],
            [
              "Fluxa/Processor",
              "processed_success",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "processor",
              {
                label  = "processed_success Sum"
                period = 60
                stat   = "Sum"
              },
            ],
            [
              "Fluxa/Processor",
              "duplicate_skipped",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "processor",
              {
                label  = "duplicate_skipped Sum"
                period = 60
                stat   = "Sum"
              },
            ],
            [
              "Fluxa/Processor",
              "notified",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "processor",
              {
                label  = "notified Sum"
                period = 60
                stat   = "Sum"
              },
            ],
            [
              "Fluxa/Query",
              "query_success",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "query",
              {
                label  = "query_success Sum"
                period = 60
                stat   = "Sum"
              },
            ],
          ]
          region = local.region
          title  = "Events, a minute"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 6
        x     = 12
        y     = 1
      },
      {
        height = 6
        properties = {
          metrics = [
            [
              "Fluxa/Ingest",
              "ingest_failure",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "ingest",
              {
                label  = "ingest_failure Sum"
                period = 60
                stat   = "Sum"
              },
            ],
            [
              "Fluxa/Processor",
              "processed_failure",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "processor",
              {
                label  = "processed_failure Sum"
                period = 60
                stat   = "Sum"
              },
            ],
            [
              "Fluxa/Processor",
              "retried",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "processor",
              {
                label  = "retried Sum"
                period = 60
                stat   = "Sum"
              },
            ],
            [
              "Fluxa/Processor",
              "dlq_sent",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "processor",
              {
                label  = "dlq_sent Sum"
                period = 60
                stat   = "Sum"
              },
            ],
            [
              "AWS/SNS",
              "NumberOfNotificationsFailed",
              "TopicName",
              aws_sns_topic.notifications.name,
              {
                label  = "not delivered"
                period = 60
                stat   = "Sum"
              },
            ],
            [
              "Fluxa/Query",
              "query_failure",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "query",
              {
                label  = "query_failure Sum"
                period = 60
                stat   = "Sum"
              },
            ],
            [
              "AWS/ApiGateway",
              "5XXError",
              "ApiName",
              "${var.name_prefix}fluxa-${var.environment}",
              "Stage",
              aws_api_gateway_stage.api.stage_name,
              {
                period = 60
                stat   = "Sum"
              },
            ],
          ]
          region = local.region
          title  = "Failures, a minute"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 6
        x     = 18
        y     = 1
      },
      {
        height = 1
        properties = {
          background = "transparent"
          markdown   = "## How fast is it?"
        }
        type  = "text"
        width = 24
        x     = 0
        y     = 7
      },
      {
        height = 6
        properties = {
          metrics = [
            [
              "Fluxa/Processor",
              "end_to_end_latency_ms",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "processor",
              {
                label  = "end_to_end_latency_ms p50"
                period = 60
                stat   = "p50"
              },
            ],
            [
              "Fluxa/Processor",
              "end_to_end_latency_ms",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "processor",
              {
                label  = "end_to_end_latency_ms p95"
                period = 60
                stat   = "p95"
              },
            ],
            [
              "Fluxa/Processor",
              "end_to_end_latency_ms",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "processor",
              {
                label  = "end_to_end_latency_ms p99"
                period = 60
                stat   = "p99"
              },
            ],
          ]
          region = local.region
          title  = "From accepted to stored, ms"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 6
        x     = 0
        y     = 8
      },
      {
        height = 6
        properties = {
          metrics = [
            [
              "Fluxa/Ingest",
              "ingest_latency_ms",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "ingest",
              {
                label  = "ingest_latency_ms p50"
                period = 60
                stat   = "p50"
              },
            ],
            [
              "Fluxa/Ingest",
              "ingest_latency_ms",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "ingest",
              {
                label  = "ingest_latency_ms p95"
                period = 60
                stat   = "p95"
              },
            ],
            [
              "Fluxa/Ingest",
              "ingest_latency_ms",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "ingest",
              {
                label  = "ingest_latency_ms p99"
                period = 60
                stat   = "p99"
              },
            ],
          ]
          region = local.region
          title  = "Ingest, ms"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 6
        x     = 6
        y     = 8
      },
      {
        height = 6
        properties = {
          metrics = [
            [
              "Fluxa/Query",
              "query_latency_ms",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "query",
              {
                label  = "query_latency_ms p50"
                period = 60
                stat   = "p50"
              },
            ],
            [
              "Fluxa/Query",
              "query_latency_ms",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "query",
              {
                label  = "query_latency_ms p95"
                period = 60
                stat   = "p95"
              },
            ],
            [
              "Fluxa/Query",
              "query_latency_ms",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "query",
              {
                label  = "query_latency_ms p99"
                period = 60
                stat   = "p99"
              },
            ],
          ]
          region = local.region
          title  = "Query, ms"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 6
        x     = 12
        y     = 8
      },
      {
        height = 6
        properties = {
          metrics = [
            [
              "Fluxa/Processor",
              "process_latency_ms",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "processor",
              {
                label  = "process_latency_ms p95"
                period = 60
                stat   = "p95"
              },
            ],
            [
              "Fluxa/Processor",
              "db_latency_ms",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "processor",
              {
                label  = "db_latency_ms p95"
                period = 60
                stat   = "p95"
              },
            ],
          ]
          region = local.region
          title  = "A batch and its statement, p95, ms"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 6
        x     = 18
        y     = 8
      },
      {
        height = 1
        properties = {
          background = "transparent"
          markdown   = "## Where is it stuck?"
        }
        type  = "text"
        width = 24
        x     = 0
        y     = 14
      },
      {
        height = 6
        properties = {
          annotations = {
            horizontal = [{
              label = "alarm"
              value = var.alarms_queue_age_seconds
              yAxis = "left"
            }]
          }
          metrics = [
            [
              "AWS/SQS",
              "ApproximateAgeOfOldestMessage",
              "QueueName",
              aws_sqs_queue.events.name,
              {
                label  = "oldest event, s"
                period = 60
                stat   = "Maximum"
              },
            ],
          ]
          region = local.region
          title  = "Oldest event, s"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 6
        x     = 0
        y     = 15
      },
      {
        height = 6
        properties = {
          metrics = [
            [
              "Fluxa/Processor",
              "oldest_retried_age_ms",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "processor",
              {
                label  = "oldest_retried_age_ms Maximum"
                period = 60
                stat   = "Maximum"
              },
            ],
          ]
          region = local.region
          title  = "Oldest event tried again, ms"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 6
        x     = 6
        y     = 15
      },
      {
        height = 6
        properties = {
          metrics = [
            [
              "AWS/SQS",
              "ApproximateNumberOfMessagesVisible",
              "QueueName",
              aws_sqs_queue.events.name,
              {
                label  = "waiting"
                period = 60
                stat   = "Maximum"
              },
            ],
            [
              "AWS/SQS",
              "ApproximateNumberOfMessagesNotVisible",
              "QueueName",
              aws_sqs_queue.events.name,
              {
                label  = "under way"
                period = 60
                stat   = "Maximum"
              },
            ],
            [
              "AWS/SQS",
              "ApproximateNumberOfMessagesVisible",
              "QueueName",
              aws_sqs_queue.events_dead_letters.name,
              {
                label  = "dead letters"
                period = 60
                stat   = "Maximum"
              },
            ],
          ]
          region = local.region
          title  = "Messages"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 6
        x     = 12
        y     = 15
      },
      {
        height = 6
        properties = {
          annotations = {
            horizontal = [{
              label = "the processor's limit"
              value = var.functions_processor_maximum_concurrency
              yAxis = "left"
            }]
          }
          metrics = [
            [
              "AWS/Lambda",
              "ConcurrentExecutions",
              "FunctionName",
              aws_lambda_function.ingest.function_name,
              {
                label  = "ingest"
                period = 60
                stat   = "Maximum"
              },
            ],
            [
              "AWS/Lambda",
              "ConcurrentExecutions",
              "FunctionName",
              aws_lambda_function.processor.function_name,
              {
                label  = "processor"
                period = 60
                stat   = "Maximum"
              },
            ],
            [
              "AWS/Lambda",
              "ConcurrentExecutions",
              "FunctionName",
              aws_lambda_function.query.function_name,
              {
                label  = "query"
                period = 60
                stat   = "Maximum"
              },
            ],
          ]
          region = local.region
          title  = "Concurrency"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 6
        x     = 18
        y     = 15
      },
      {
        height = 6
        properties = {
          metrics = [
            [
              "AWS/RDS",
              "CPUUtilization",
              "DBInstanceIdentifier",
              var.database_db_instance_identifier,
              {
                label  = "CPUUtilization"
                period = 60
              },
            ],
            [
              "AWS/RDS",
              "DatabaseConnections",
              "DBInstanceIdentifier",
              var.database_db_instance_identifier,
              {
                label  = "DatabaseConnections"
                period = 60
                stat   = "Maximum"
              },
            ],
          ]
          region = local.region
          title  = "Database: CPU % and connections"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 8
        x     = 0
        y     = 21
      },
      {
        height = 6
        properties = {
          metrics = [
            [
              "AWS/RDS",
              "FreeableMemory",
              "DBInstanceIdentifier",
              var.database_db_instance_identifier,
              {
                label  = "FreeableMemory"
                period = 60
              },
            ],
          ]
          region = local.region
          title  = "Database: free memory, bytes"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 8
        x     = 8
        y     = 21
      },
      {
        height = 6
        properties = {
          metrics = [
            [
              "Fluxa/Maintain",
              "maintain_success",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "maintain",
              {
                label  = "maintain_success Sum"
                period = 3600
                stat   = "Sum"
              },
            ],
            [
              "Fluxa/Maintain",
              "maintain_failure",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "maintain",
              {
                label  = "maintain_failure Sum"
                period = 3600
                stat   = "Sum"
              },
            ],
            [
              "Fluxa/Maintain",
              "partitions_made",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "maintain",
              {
                label  = "partitions_made Sum"
                period = 3600
                stat   = "Sum"
              },
            ],
            [
              "Fluxa/Maintain",
              "partitions_dropped",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "maintain",
              {
                label  = "partitions_dropped Sum"
                period = 3600
                stat   = "Sum"
              },
            ],
            [
              "Fluxa/Maintain",
              "partitions_ahead",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "maintain",
              {
                label  = "partitions_ahead Minimum"
                period = 3600
                stat   = "Minimum"
              },
            ],
            [
              "Fluxa/Maintain",
              "events_moved",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "maintain",
              {
                label  = "events_moved Sum"
                period = 3600
                stat   = "Sum"
              },
            ],
            [
              "Fluxa/Maintain",
              "keys_pruned",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "maintain",
              {
                label  = "keys_pruned Sum"
                period = 3600
                stat   = "Sum"
              },
            ],
          ]
          region = local.region
          title  = "Maintenance, an hour"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 8
        x     = 16
        y     = 21
      },
      {
        height = 1
        properties = {
          background = "transparent"
          markdown   = "## What does it cost?"
        }
        type  = "text"
        width = 24
        x     = 0
        y     = 27
      },
      {
        height = 6
        properties = {
          metrics = [
            [{
              expression = "requests * 0.0000035000"
              label      = "API Gateway"
              period     = 3600
            }],
            [
              "AWS/ApiGateway",
              "Count",
              "ApiName",
              "${var.name_prefix}fluxa-${var.environment}",
              "Stage",
              aws_api_gateway_stage.api.stage_name,
              {
                id      = "requests"
                period  = 3600
                stat    = "Sum"
                visible = false
              },
            ],
            [{
              expression = "calls_ingest * 0.0000002000 + ms_ingest * ${format("%.12f", var.functions_ingest_memory_mib * 0.0000133334 / 1024 / 1000)}"
              label      = "ingest"
              period     = 3600
            }],
            [
              "AWS/Lambda",
              "Invocations",
              "FunctionName",
              aws_lambda_function.ingest.function_name,
              {
                id      = "calls_ingest"
                label   = "ingest"
                period  = 3600
                stat    = "Sum"
                visible = false
              },
            ],
            [
              "AWS/Lambda",
              "Duration",
              "FunctionName",
              aws_lambda_function.ingest.function_name,
              {
                id      = "ms_ingest"
                label   = "ingest"
                period  = 3600
                stat    = "Sum"
                visible = false
              },
            ],
            [{
              expression = "calls_processor * 0.0000002000 + ms_processor * ${format("%.12f", var.functions_processor_memory_mib * 0.0000133334 / 1024 / 1000)}"
              label      = "processor"
              period     = 3600
            }],
            [
              "AWS/Lambda",
              "Invocations",
              "FunctionName",
              aws_lambda_function.processor.function_name,
              {
                id      = "calls_processor"
                label   = "processor"
                period  = 3600
                stat    = "Sum"
                visible = false
              },
            ],
            [
              "AWS/Lambda",
              "Duration",
              "FunctionName",
              aws_lambda_function.processor.function_name,
              {
                id      = "ms_processor"
                label   = "processor"
                period  = 3600
                stat    = "Sum"
                visible = false
              },
            ],
            [{
              expression = "calls_query * 0.0000002000 + ms_query * ${format("%.12f", var.functions_query_memory_mib * 0.0000133334 / 1024 / 1000)}"
              label      = "query"
              period     = 3600
            }],
            [
              "AWS/Lambda",
              "Invocations",
              "FunctionName",
              aws_lambda_function.query.function_name,
              {
                id      = "calls_query"
                label   = "query"
                period  = 3600
                stat    = "Sum"
                visible = false
              },
            ],
            [
              "AWS/Lambda",
              "Duration",
              "FunctionName",
              aws_lambda_function.query.function_name,
              {
                id      = "ms_query"
                label   = "query"
                period  = 3600
                stat    = "Sum"
                visible = false
              },
            ],
            [{
              expression = "(3 * sent + empty) * 0.0000004000"
              label      = "SQS"
              period     = 3600
            }],
            [
              "AWS/SQS",
              "NumberOfEmptyReceives",
              "QueueName",
              aws_sqs_queue.events.name,
              {
                id      = "empty"
                period  = 3600
                stat    = "Sum"
                visible = false
              },
            ],
            [
              "AWS/SQS",
              "NumberOfMessagesSent",
              "QueueName",
              aws_sqs_queue.events.name,
              {
                id      = "sent"
                period  = 3600
                stat    = "Sum"
                visible = false
              },
            ],
            [{
              expression = "notified * 0.0000005000"
              label      = "SNS"
              period     = 3600
            }],
            [
              "Fluxa/Processor",
              "notified",
              "Environment",
              "${var.name_prefix}${var.environment}",
              "Service",
              "processor",
              {
                id      = "notified"
                label   = "notified Sum"
                period  = 3600
                stat    = "Sum"
                visible = false
              },
            ],
          ]
          region  = local.region
          stacked = true
          title   = "Traffic, USD an hour (prices of 2026-11-24)"
          view    = "timeSeries"
          yAxis   = {}
        }
        type  = "metric"
        width = 12
        x     = 0
        y     = 28
      },
      {
        height = 6
        properties = {
          metrics = [
            [
              "AWS/ApiGateway",
              "Count",
              "ApiName",
              "${var.name_prefix}fluxa-${var.environment}",
              "Stage",
              aws_api_gateway_stage.api.stage_name,
              {
                period = 3600
                stat   = "Sum"
              },
            ],
            [
              "AWS/Lambda",
              "Invocations",
              "FunctionName",
              aws_lambda_function.ingest.function_name,
              {
                label  = "ingest"
                period = 3600
                stat   = "Sum"
              },
            ],
            [
              "AWS/Lambda",
              "Invocations",
              "FunctionName",
              aws_lambda_function.processor.function_name,
              {
                label  = "processor"
                period = 3600
                stat   = "Sum"
              },
            ],
            [
              "AWS/Lambda",
              "Invocations",
              "FunctionName",
              aws_lambda_function.query.function_name,
              {
                label  = "query"
                period = 3600
                stat   = "Sum"
              },
            ],
            [
              "AWS/SQS",
              "NumberOfMessagesSent",
              "QueueName",
              aws_sqs_queue.events.name,
              {
                period = 3600
                stat   = "Sum"
              },
            ],
          ]
          region = local.region
          title  = "What is billed: requests, calls, messages an hour"
          view   = "timeSeries"
          yAxis  = {}
        }
        type  = "metric"
        width = 12
        x     = 12
        y     = 28
      },
    ]
  })
}
