package contract

// Platform returns the name of what there is once in a stage, such as its API and its
// dashboard. Prefix is the stage's setting name_prefix, such as acme-, mostly empty.
func Platform(prefix, stage string) string { return prefix + "fluxa-" + stage }

// Named returns the name of a part of a deployed stage, such as fluxa-ingest-dev. Prefix
// is that of Platform.
func Named(prefix, what, stage string) string { return prefix + "fluxa-" + what + "-" + stage }

// Environment returns what a deployed stage is called in its metrics, its log lines, its
// tags and the address of its API: two installations of one account both have a stage dev.
func Environment(prefix, stage string) string { return prefix + stage }

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
