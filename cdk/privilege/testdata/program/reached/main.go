// Command reached calls AWS in every way that the analysis follows, a different
// operation each. A comment names what is to be found on its line; a call without
// one is not reached.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/cdk/privilege/testdata/program/queue"
)

type sender interface{ Send(context.Context) error }

var client = sqs.New(sqs.Options{})

var atStart = func() error {
	_, err := client.GetQueueUrl(context.Background(), &sqs.GetQueueUrlInput{}) // want sqs.GetQueueUrl
	return err
}()

func init() {
	_, _ = client.ListQueueTags(context.Background(), &sqs.ListQueueTagsInput{}) // want sqs.ListQueueTags
}

func main() {
	ctx := context.Background()
	var s sender = queue.NewSender(client)
	_ = s.Send(ctx)
	directly(ctx)
	asValues(ctx)
	generically(ctx)
	throughLibraries()
}

func unreached(ctx context.Context) {
	_, _ = client.CreateQueue(ctx, &sqs.CreateQueueInput{})
}
