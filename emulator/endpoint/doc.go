// Package endpoint puts the local SQS, SNS and S3 behind one address, the one
// that AWS_ENDPOINT_URL names.
//
// A request is told apart as the protocols differ: SQS has an X-Amz-Target
// header, SNS a form with an Action, and everything else is S3. An interceptor
// can be set for each service while it runs; that is how tests make outages.
package endpoint
