mock_provider "aws" {}

variables {
  name = "events"
}

run "plans_the_queue" {
  command = plan

  assert {
    condition     = aws_sqs_queue.events.visibility_timeout_seconds == 540
    error_message = "The processor needs nine minutes."
  }
}

run "feeds_the_processor" {
  assert {
    condition     = aws_lambda_event_source_mapping.processor.event_source_arn == aws_sqs_queue.events.arn
    error_message = "The processor reads another queue."
  }
}
