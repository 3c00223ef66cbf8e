# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_api_gateway_model" "api_ingest_batch" {
  rest_api_id  = aws_api_gateway_rest_api.api.id
  name         = "ingestBatch"
  content_type = "application/json"
  schema = jsonencode({
    "$schema"            = "http://json-schema.org/draft-04/schema#"
    additionalProperties = false
    properties = {
      events = {
        maxItems = 500
        minItems = 1
        type     = "array"
      }
    }
    required = ["events"]
    type     = "object"
  })
}
