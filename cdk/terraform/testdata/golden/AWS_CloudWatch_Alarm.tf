# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_cloudwatch_metric_alarm" "api5xx" {
  alarm_name          = "${var.name_prefix}fluxa-api-5xx-rate-${var.environment}"
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

resource "aws_cloudwatch_metric_alarm" "dlq_depth" {
  alarm_name          = "${var.name_prefix}fluxa-dlq-depth-${var.environment}"
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
