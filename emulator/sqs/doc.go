// Package sqs is an emulation of Amazon SQS standard queues for one machine.
//
// It speaks the AWS JSON 1.0 protocol of today's SDKs, and it keeps what it
// accepted: a message whose SendMessage was answered with 200 survives kill -9
// of the process, and by default the loss of the host. Receive counts survive
// too. Messages that were in flight become visible at once when the file is
// opened again, since their receivers died with the program; delays go on where
// they were.
//
// What it does as SQS does: limits and error codes, long polling, visibility
// time-outs, receive counts, the trace header, delays, retention and redrive to
// a dead-letter queue. What it leaves out: FIFO queues, message move tasks,
// permissions, encryption, tags, signatures, the rule that a deleted queue's
// name rests for 60 seconds, and the older query protocol. Counts that SQS calls
// approximate are exact here. The file grows to the largest backlog it held and
// uses the space again; it does not shrink.
package sqs
