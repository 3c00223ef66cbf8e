// Command hello is a Lambda function that does nothing: what its start takes, every
// function in Go takes.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context) (string, error) { return "hello", nil })
}
