// Package endpoint puts the emulated SQS, SNS, S3, Lambda and STS behind one address,
// the one that AWS_ENDPOINT_URL names.
//
// The protocols tell the services apart: SQS has an X-Amz-Target header, SNS a form
// with an Action, Lambda a path of its own, and everything else is S3. An
// interceptor can be set for each service while it runs, which is how tests make
// outages; see endpointtest.
package endpoint
