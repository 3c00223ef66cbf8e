package privilege_test

import (
	"fmt"

	"github.com/fluxa/fluxa/cdk/privilege"
)

// A function may send to a queue that it does not use, and not to its own.
func ExampleCompare() {
	f := privilege.Function{
		Name:    "ingest",
		Targets: map[privilege.Kind]string{privilege.EventsQueue: "AWS::SQS::Queue Events.Arn"},
		Allow:   []privilege.Statement{{Action: "sqs:SendMessage", Resource: "AWS::SQS::Queue Other.Arn"}},
	}
	needs := []privilege.Need{{Action: "sqs:SendMessage", Kind: privilege.EventsQueue, Calls: []privilege.Call{{Position: "pkg/sqsqueue/outbox.go:127"}}}}
	for _, finding := range privilege.Compare(f, needs) {
		fmt.Println(finding)
	}
	// Output:
	// ingest: sqs:SendMessage on the events queue is needed (pkg/sqsqueue/outbox.go:127) and not granted
	// ingest: sqs:SendMessage on AWS::SQS::Queue Other.Arn is granted and no call needs it
}
