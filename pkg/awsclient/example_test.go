package awsclient_test

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/pkg/awsclient"
)

// The one configuration serves every client of a process.
func ExampleLoad() {
	loaded, err := awsclient.Load(awsclient.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	queue := sqs.NewFromConfig(loaded)
	fmt.Println(queue.Options().Region)
}

func ExampleText() {
	fmt.Println(awsclient.Text("line\x00end"))
	// Output: line�end
}
