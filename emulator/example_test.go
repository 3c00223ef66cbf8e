package emulator_test

import (
	"context"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/emulator/eventsource"
	"github.com/fluxa/fluxa/emulator/lambda"
	"github.com/fluxa/fluxa/emulator/sqs"
)

// The function in testdata/greeter gets the messages of a queue, as on AWS: the
// unchanged binary as a process, called by an event source mapping.
func Example() {
	ctx, stop := context.WithTimeout(context.Background(), 9*time.Minute) // the build is slow on a fresh cache
	defer stop()
	dir, err := os.MkdirTemp("", "emulator")
	check(err)
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "bootstrap")
	check(exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-o", binary, "./testdata/greeter").Run())

	queues, err := sqs.Open(sqs.Config{Path: filepath.Join(dir, "sqs.db")})
	check(err)
	defer queues.Close()
	_, err = queues.EnsureQueue(ctx, "names", nil)
	check(err)
	server := httptest.NewServer(queues)
	defer server.Close()
	client := awssqs.New(awssqs.Options{Region: sqs.Region, BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
	url := server.URL + "/" + sqs.AccountID + "/names"
	_, err = client.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("queue")})
	check(err)

	function, err := lambda.New(lambda.Config{Name: "greeter", Binary: binary, Timeout: 5 * time.Second, Logs: os.Stdout})
	check(err)
	mapping, err := eventsource.New(eventsource.Config{
		Function: function, FunctionName: "greeter", FunctionTimeout: 5 * time.Second, Queue: client, QueueURL: url})
	check(err)
	polling, end := context.WithCancel(ctx)
	ran := make(chan error, 1)
	go func() { ran <- mapping.Run(polling) }()
	for {
		stats, err := queues.Stats("names")
		check(err)
		if stats.Empty() { // the mapping deletes a message once its function has succeeded
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	end()
	check(<-ran)
	check(function.Close(ctx))
	// Output: hello, queue
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
