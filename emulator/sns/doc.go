// Package sns is an emulation of Amazon SNS standard topics for one machine.
//
// It speaks the query protocol of the SDKs, of which it has Publish and
// PublishBatch, and delivers to SQS queues, raw. Publish answers once every
// subscribed queue holds the message durably; a publisher that got an error
// publishes again, and a queue may then see the message twice, as with SNS itself.
//
// Topics and subscriptions live in memory, so a program makes them at each start.
// Other protocols than sqs, the JSON envelope, filter policies, attributes of topics
// and MessageStructure are not there.
package sns
