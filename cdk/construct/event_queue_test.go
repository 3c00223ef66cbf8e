package construct

import (
	"testing"
	"time"
)

func queueProps() EventQueueProps {
	return EventQueueProps{QueueName: "events", DeadLetterQueueName: "dlq", VisibilityTimeout: 90 * time.Second}
}

func TestEventQueue_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = EventQueueProps
	stack := newStack(t)
	refuses(t, "EventQueue", queueProps, func(props *p) { NewEventQueue(stack, "Queue", props) },
		wrong[p]{func(p *p) { p.QueueName = "events.fifo" }, `QueueName must have 1 to 80 characters of A-Za-z0-9_-, got "events.fifo"`},
		wrong[p]{func(p *p) { p.DeadLetterQueueName = "" }, `DeadLetterQueueName must have 1 to 80 characters of A-Za-z0-9_-, got ""`},
		wrong[p]{func(p *p) { p.DeadLetterQueueName = "events" }, `DeadLetterQueueName must differ from QueueName, got "events"`},
		wrong[p]{func(p *p) { p.VisibilityTimeout = 0 }, "VisibilityTimeout must be 1s to 12h0m0s in whole seconds, got 0s"},
		wrong[p]{func(p *p) { p.VisibilityTimeout = 13 * time.Hour }, "VisibilityTimeout must be 1s to 12h0m0s in whole seconds, got 13h0m0s"},
		wrong[p]{func(p *p) { p.VisibilityTimeout = time.Second / 2 }, "VisibilityTimeout must be 1s to 12h0m0s in whole seconds, got 500ms"})
}

func TestEventQueue_dead_letters_a_message_after_a_thousand_receives(t *testing.T) {
	stack := newStack(t)
	props := queueProps()
	NewEventQueue(stack, "Queue", &props)
	made := templateOf(stack)
	made.count(t, "AWS::SQS::Queue", 2)
	made.has(t, "AWS::SQS::Queue", map[string]any{
		"QueueName": "events", "VisibilityTimeout": 90, "MessageRetentionPeriod": 345_600, "MaximumMessageSize": 1_048_576, "SqsManagedSseEnabled": true,
		"RedrivePolicy": map[string]any{"maxReceiveCount": 1000},
	})
	made.has(t, "AWS::SQS::Queue", map[string]any{"QueueName": "dlq", "MessageRetentionPeriod": 1_209_600, "SqsManagedSseEnabled": true})
}

func TestEventQueue_s_metrics_are_those_of_the_queue_that_they_name(t *testing.T) {
	props := queueProps()
	queue := NewEventQueue(newStack(t), "Queue", &props)
	measures(t, queue.MetricDeadLetters(), "AWS/SQS ApproximateNumberOfMessagesVisible Maximum")
	measures(t, queue.MetricOldestEvent(), "AWS/SQS ApproximateAgeOfOldestMessage Maximum")
	measures(t, queue.MetricWaiting(), "AWS/SQS ApproximateNumberOfMessagesVisible Maximum")
	measures(t, queue.MetricInFlight(), "AWS/SQS ApproximateNumberOfMessagesNotVisible Maximum")
	measures(t, queue.MetricSent(), "AWS/SQS NumberOfMessagesSent Sum")
	measures(t, queue.MetricEmptyReceives(), "AWS/SQS NumberOfEmptyReceives Sum")
	of := func(dimensions *map[string]any) any { return (*dimensions)["QueueName"] }
	if dead, waiting := of(queue.MetricDeadLetters().Dimensions()), of(queue.MetricWaiting().Dimensions()); dead == waiting || waiting != *queue.Queue.QueueName() {
		t.Errorf("dead letters are counted in %v, waiting events in %v", dead, waiting)
	}
}
