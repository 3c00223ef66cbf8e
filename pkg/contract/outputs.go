package contract

// Platform returns the name of what there is once in a stage, such as its API and its
// dashboard.
func Platform(stage string) string { return "fluxa-" + stage }

// Named returns the name of a part of a deployed stage, such as fluxa-ingest-dev.
func Named(what, stage string) string { return "fluxa-" + what + "-" + stage }

// The stacks of a stage that tell outputs, without their stage: see Named.
const (
	StackData     = "data"
	StackPipeline = "pipeline"
)

// Outputs of StackPipeline. OutputAPIKeyID is there where callers show one key, and
// OutputAPIKeyIDs where clients have keys of their own: a JSON object of ids by client and
// key, such as orders-a.
const (
	OutputAPIEndpoint = "ApiEndpoint"
	OutputAPIKeyID    = "ApiKeyId"
	OutputAPIKeyIDs   = "ApiKeyIds"
	OutputQueueURL    = "QueueUrl"
	OutputDLQURL      = "DlqUrl"
	OutputTopicARN    = "TopicArn"
)

// OutputPayloadBucket is an output of StackData.
const OutputPayloadBucket = "PayloadBucket"

// OutputFunction is the output of StackPipeline with the name of a function, one of
// Functions, such as MaintainFunction.
func OutputFunction(f Function) string {
	return string(f[0]-'a'+'A') + string(f[1:]) + "Function"
}

// LogGroup is the log group of a function by its name.
func LogGroup(function string) string { return "/aws/lambda/" + function }
