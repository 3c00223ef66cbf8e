package construct

import (
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newPayments is the example of docs/CONSUME.md.
func newPayments(scope constructs.Construct, topicArn string) awssqs.Queue {
	dead := awssqs.NewQueue(scope, jsii.String("PaymentsDead"), &awssqs.QueueProps{EnforceSSL: jsii.Bool(true)})
	queue := awssqs.NewQueue(scope, jsii.String("Payments"), &awssqs.QueueProps{
		EnforceSSL:        jsii.Bool(true),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(60)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(10)},
	})
	topic := awssns.Topic_FromTopicArn(scope, jsii.String("Fluxa"), jsii.String(topicArn))
	topic.AddSubscription(awssnssubscriptions.NewSqsSubscription(queue, &awssnssubscriptions.SqsSubscriptionProps{
		RawMessageDelivery: jsii.Bool(true),
		FilterPolicy: &map[string]awssns.SubscriptionFilter{
			"currency": awssns.SubscriptionFilter_StringFilter(&awssns.StringConditions{Allowlist: jsii.Strings("EUR", "GBP")}),
			"amount":   awssns.SubscriptionFilter_NumericFilter(&awssns.NumericConditions{GreaterThanOrEqualTo: jsii.Number(100)}),
		},
		DeadLetterQueue: dead,
	}))
	return queue
}

func TestSubscription_of_the_page_is_what_it_says(t *testing.T) {
	stack := newStack(t)
	newPayments(stack, "arn:aws:sns:eu-west-1:123456789012:fluxa-notifications-prod")
	made := templateOf(stack)
	made.has(t, "AWS::SNS::Subscription", map[string]any{
		"Protocol": "sqs", "RawMessageDelivery": true, "RedrivePolicy": assertions.Match_AnyValue(),
		"TopicArn":     "arn:aws:sns:eu-west-1:123456789012:fluxa-notifications-prod",
		"FilterPolicy": map[string]any{"currency": []any{"EUR", "GBP"}, "amount": []any{map[string]any{"numeric": []any{">=", 100}}}},
	})
	made.has(t, "AWS::SQS::Queue", map[string]any{"RedrivePolicy": map[string]any{"maxReceiveCount": 10}})

	source, err := os.ReadFile("subscription_example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/CONSUME.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(source), "func newPayments(")
	example, _, _ = strings.Cut("func newPayments("+example, "\n}\n")
	if !strings.Contains(string(page), "```go\n"+example+"\n}\n```") {
		t.Errorf("docs/CONSUME.md does not have this function:\n%s\n}", example)
	}
}
