package construct

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/pkg/contract"
)

// EventQueueProps describes the events queue and its dead-letter queue.
type EventQueueProps struct {
	// QueueName and DeadLetterQueueName are two names of 1 to 80 of A-Z a-z 0-9 _ -.
	QueueName, DeadLetterQueueName string
	// VisibilityTimeout hides a received message from other receives: 1 second to
	// 12 hours, in whole seconds. AWS asks for six times the consumer's time-out
	// plus its batching window.
	VisibilityTimeout time.Duration
	// Key encrypts the messages, see NewStageKey; default: one of SQS's own.
	Key awskms.IKey
}

// EventQueue is the queue between ingest and processor, with its dead-letter
// queue. Both accept messages of 1 MiB, are encrypted by SQS and refuse callers
// without TLS. Only the events queue may move messages into the other one.
type EventQueue struct {
	Construct          constructs.Construct
	Queue, DeadLetters awssqs.Queue
	key                awskms.IKey // nil for SQS's own
}

// dataKeyReuse is how long SQS uses a data key for one caller before it asks KMS for
// another, which is billed: 1 minute to 24 hours, by default these 5 minutes. For as long
// a caller that lost the key still gets through.
//
// Key management
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
const dataKeyReuse = 5 * time.Minute

// NewEventQueue makes both queues.
func NewEventQueue(scope constructs.Construct, id string, props *EventQueueProps) *EventQueue {
	c := &check{part: "EventQueue"}
	c.name(props.QueueName, 1, 80, "A-Za-z0-9_-", "QueueName")
	c.name(props.DeadLetterQueueName, 1, 80, "A-Za-z0-9_-", "DeadLetterQueueName")
	c.require(props.QueueName != props.DeadLetterQueueName, "DeadLetterQueueName", "must differ from QueueName, got %q", props.DeadLetterQueueName)
	c.lasts(props.VisibilityTimeout, time.Second, 12*time.Hour, "VisibilityTimeout")
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	// The two name each other; one of them does it by its ARN's form, since
	// CloudFormation makes no circle.
	source := awssqs.Queue_FromQueueArn(this, text("Source"), awscdk.Stack_Of(this).FormatArn(&awscdk.ArnComponents{
		Service: text("sqs"), Resource: text(props.QueueName),
	}))
	deadLetters := awssqs.NewQueue(this, text("DeadLetters"), props.encrypted(&awssqs.QueueProps{
		QueueName:           text(props.DeadLetterQueueName),
		EnforceSSL:          jsii.Bool(true),
		MaxMessageSizeBytes: number(contract.QueueMessageLimit),
		RetentionPeriod:     seconds(contract.DLQRetention),
		RedriveAllowPolicy: &awssqs.RedriveAllowPolicy{
			RedrivePermission: awssqs.RedrivePermission_BY_QUEUE, SourceQueues: &[]awssqs.IQueue{source},
		},
	}))
	queue := awssqs.NewQueue(this, text("Queue"), props.encrypted(&awssqs.QueueProps{
		QueueName:           text(props.QueueName),
		EnforceSSL:          jsii.Bool(true),
		MaxMessageSizeBytes: number(contract.QueueMessageLimit),
		RetentionPeriod:     seconds(contract.EventsRetention),
		VisibilityTimeout:   seconds(props.VisibilityTimeout),
		DeadLetterQueue:     &awssqs.DeadLetterQueue{Queue: deadLetters, MaxReceiveCount: number(contract.MaxReceives)},
	}))
	return &EventQueue{Construct: this, Queue: queue, DeadLetters: deadLetters, key: props.Key}
}

// encrypted adds the key to the props of a queue, or SQS's own.
func (p *EventQueueProps) encrypted(queue *awssqs.QueueProps) *awssqs.QueueProps {
	queue.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	if p.Key != nil {
		queue.Encryption, queue.EncryptionMasterKey, queue.DataKeyReuse = awssqs.QueueEncryption_KMS, p.Key, seconds(dataKeyReuse)
	}
	return queue
}

// GrantSend lets the grantee send events: sqs:SendMessage, and on the key, if there is
// one, kms:GenerateDataKey and kms:Decrypt.
func (q *EventQueue) GrantSend(grantee awsiam.IGrantable) {
	grant(grantee, []string{*q.Queue.QueueArn()}, "sqs:SendMessage")
	grantKey(grantee, q.key, keyDecrypt, keyGenerate)
}

// GrantProcess lets the event source mapping of the grantee receive and delete
// messages, and the grantee postpone those that failed: sqs:ReceiveMessage,
// sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ChangeMessageVisibility, and on the key,
// if there is one, kms:Decrypt.
func (q *EventQueue) GrantProcess(grantee awsiam.IGrantable) {
	grant(grantee, []string{*q.Queue.QueueArn()},
		"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility")
	grantKey(grantee, q.key, keyDecrypt)
}

// GrantDeadLetter lets the grantee send messages to the DLQ, with the reason:
// sqs:SendMessage on the dead-letter queue, and on the key what GrantSend grants.
func (q *EventQueue) GrantDeadLetter(grantee awsiam.IGrantable) {
	grant(grantee, []string{*q.DeadLetters.QueueArn()}, "sqs:SendMessage")
	grantKey(grantee, q.key, keyDecrypt, keyGenerate)
}

// MetricDeadLetters is how many dead letters there are.
func (q *EventQueue) MetricDeadLetters() awscloudwatch.Metric {
	return q.DeadLetters.MetricApproximateNumberOfMessagesVisible(perMinute("Maximum", "dead letters"))
}

// MetricOldestEvent is the age of the oldest event that is not processed, in
// seconds.
func (q *EventQueue) MetricOldestEvent() awscloudwatch.Metric {
	return q.Queue.MetricApproximateAgeOfOldestMessage(perMinute("Maximum", "oldest event, s"))
}

// MetricWaiting is how many events wait to be received.
func (q *EventQueue) MetricWaiting() awscloudwatch.Metric {
	return q.Queue.MetricApproximateNumberOfMessagesVisible(perMinute("Maximum", "waiting"))
}

// MetricInFlight is how many events are received and not settled.
func (q *EventQueue) MetricInFlight() awscloudwatch.Metric {
	return q.Queue.MetricApproximateNumberOfMessagesNotVisible(perMinute("Maximum", "under way"))
}

// MetricSent is how many events were sent.
func (q *EventQueue) MetricSent() awscloudwatch.Metric {
	return q.Queue.MetricNumberOfMessagesSent(perMinute("Sum", ""))
}

// MetricEmptyReceives is how many receives returned no event; they are billed.
func (q *EventQueue) MetricEmptyReceives() awscloudwatch.Metric {
	return q.Queue.MetricNumberOfEmptyReceives(perMinute("Sum", ""))
}
