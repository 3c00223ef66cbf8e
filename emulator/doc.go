// Package emulator has the documentation of an AWS for one machine: SQS, SNS, S3,
// Lambda, the SQS event source mapping and API Gateway, without an account, a token
// or Docker.
//
// Each service is a package below this one and can be used alone. The example runs
// a Lambda function on the messages of a queue; README.md says how the services
// differ from AWS.
package emulator
