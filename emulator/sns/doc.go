// Package sns is an emulation of Amazon SNS standard topics for one machine.
//
// It speaks the query protocol of the SDKs and delivers to SQS queues, raw or in
// the JSON envelope, and to HTTP endpoints. Publish answers once every
// subscribed queue holds the message durably, so a publisher that got an answer
// never has to wonder; one that got an error publishes again, and a queue may
// then see the message twice, as with SNS itself. HTTP endpoints are called in
// the background with a bounded number of attempts, and what is pending is lost
// when the process ends.
//
// Topics and subscriptions live in memory: the stack makes them at each start.
// HTTP subscriptions need no confirmation and envelopes carry no signature.
// Filter policies, FIFO topics, SMS and mobile push are refused rather than
// ignored.
package sns
