package contract

// EndpointServices are the AWS services that functions in the network call by interface
// endpoints: the processor and maintain SQS and SNS, migrate Secrets Manager. S3 they call
// by a gateway endpoint. Lambda itself carries logs, metrics and traces.
func EndpointServices() []string { return []string{"secretsmanager", "sns", "sqs"} }
