// Command greeter is a Lambda function that greets each message of a queue.
package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(_ context.Context, event events.SQSEvent) error {
		for _, m := range event.Records {
			fmt.Println("hello,", m.Body)
		}
		return nil
	})
}
