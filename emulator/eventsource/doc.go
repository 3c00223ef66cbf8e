// Package eventsource emulates an AWS Lambda event source mapping for an SQS queue: it
// receives messages in batches, invokes a function with each batch, and deletes what the
// function has dealt with.
//
// What it promises is what AWS promises, at-least-once delivery: a message is deleted
// only after an answer that says it succeeded. Every other outcome leaves it in the
// queue, where it is visible again when its visibility time-out is over, and where the
// queue's redrive policy counts it.
package eventsource
