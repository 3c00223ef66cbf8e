// Package sns is an emulation of Amazon SNS standard topics for one machine.
//
// It speaks the query protocol of the SDKs and delivers to SQS queues, raw or in
// the JSON envelope. Publish answers once every subscribed queue holds the message
// durably; a publisher that got an error publishes again, and a queue may then see
// the message twice, as with SNS itself.
//
// Topics and subscriptions live in memory, so a program makes them at each start.
// Envelopes carry no signature. Other protocols than sqs, filter policies,
// attributes of topics and MessageStructure are refused rather than ignored.
package sns
