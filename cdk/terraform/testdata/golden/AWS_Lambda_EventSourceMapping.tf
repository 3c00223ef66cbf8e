# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_lambda_event_source_mapping" "processor_events" {
  event_source_arn                   = aws_sqs_queue.events.arn
  function_name                      = aws_lambda_alias.processor.arn
  batch_size                         = var.queue_batch_size
  maximum_batching_window_in_seconds = var.queue_batch_window_seconds
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = local.tags

  scaling_config {
    maximum_concurrency = var.functions_processor_maximum_concurrency
  }
}
