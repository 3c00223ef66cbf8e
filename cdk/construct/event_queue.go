package construct

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/pkg/contract"
)

// EventQueueProps describes the events queue and its dead-letter queue. All fields
// are required.
type EventQueueProps struct {
	QueueName           string
	DeadLetterQueueName string
	Visibility          time.Duration // 6 × the processor's time-out plus the window
}

// EventQueue is the queue between ingest and processor, with the queue of the
// messages that were given up. Both take messages of 1 MiB, are encrypted by SQS
// and refuse callers without TLS. Only the events queue may move messages into
// the other one.
type EventQueue struct {
	Construct          constructs.Construct
	Queue, DeadLetters awssqs.Queue
}

// NewEventQueue makes both queues.
func NewEventQueue(scope constructs.Construct, id string, props *EventQueueProps) *EventQueue {
	this := constructs.NewConstruct(scope, text(id))
	// The two name each other; one of them does it by its ARN's form, since
	// CloudFormation makes no circle.
	source := awssqs.Queue_FromQueueArn(this, text("Source"), awscdk.Stack_Of(this).FormatArn(&awscdk.ArnComponents{
		Service: text("sqs"), Resource: text(props.QueueName),
	}))
	deadLetters := awssqs.NewQueue(this, text("DeadLetters"), &awssqs.QueueProps{
		QueueName:           text(props.DeadLetterQueueName),
		Encryption:          awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:          jsii.Bool(true),
		MaxMessageSizeBytes: number(contract.QueueMessageLimit),
		RetentionPeriod:     awscdk.Duration_Seconds(number(contract.DLQRetention.Seconds())),
		RedriveAllowPolicy: &awssqs.RedriveAllowPolicy{
			RedrivePermission: awssqs.RedrivePermission_BY_QUEUE, SourceQueues: &[]awssqs.IQueue{source},
		},
	})
	queue := awssqs.NewQueue(this, text("Queue"), &awssqs.QueueProps{
		QueueName:           text(props.QueueName),
		Encryption:          awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:          jsii.Bool(true),
		MaxMessageSizeBytes: number(contract.QueueMessageLimit),
		RetentionPeriod:     awscdk.Duration_Seconds(number(contract.EventsRetention.Seconds())),
		VisibilityTimeout:   awscdk.Duration_Seconds(number(props.Visibility.Seconds())),
		DeadLetterQueue:     &awssqs.DeadLetterQueue{Queue: deadLetters, MaxReceiveCount: number(contract.MaxReceives)},
	})
	return &EventQueue{Construct: this, Queue: queue, DeadLetters: deadLetters}
}

// GrantSend lets the grantee send events: sqs:SendMessage.
func (q *EventQueue) GrantSend(grantee awsiam.IGrantable) {
	grant(grantee, []string{*q.Queue.QueueArn()}, "sqs:SendMessage")
}

// GrantProcess lets the event source mapping of the grantee take and settle
// messages, and the grantee put off those that failed: sqs:ReceiveMessage,
// sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ChangeMessageVisibility.
func (q *EventQueue) GrantProcess(grantee awsiam.IGrantable) {
	grant(grantee, []string{*q.Queue.QueueArn()},
		"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility")
}

// GrantDeadLetter lets the grantee give messages up, with the reason:
// sqs:SendMessage on the dead-letter queue.
func (q *EventQueue) GrantDeadLetter(grantee awsiam.IGrantable) {
	grant(grantee, []string{*q.DeadLetters.QueueArn()}, "sqs:SendMessage")
}
