# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_lambda_permission" "api_events_post" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.ingest.function_name
  qualifier     = aws_lambda_alias.ingest.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:${local.partition}:execute-api:${local.region}:${local.account_id}:${aws_api_gateway_rest_api.api.id}/${aws_api_gateway_stage.api.stage_name}/POST/events"
}
