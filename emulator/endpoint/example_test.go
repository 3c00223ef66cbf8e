package endpoint_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/endpoint/endpointtest"
	"github.com/fluxa/fluxa/emulator/s3"
	"github.com/fluxa/fluxa/emulator/sns"
	"github.com/fluxa/fluxa/emulator/sqs"
)

// The three services behind one address, and an outage of one of them.
func Example() {
	dir, err := os.MkdirTemp("", "emulator")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	queues, err := sqs.Open(sqs.Config{Path: filepath.Join(dir, "sqs.db")})
	if err != nil {
		log.Fatal(err)
	}
	defer queues.Close()
	objects, err := s3.Open(s3.Config{Dir: filepath.Join(dir, "s3")})
	if err != nil {
		log.Fatal(err)
	}
	topics, err := sns.New(sns.Config{Queues: queues})
	if err != nil {
		log.Fatal(err)
	}
	local, err := endpoint.New(endpoint.Config{SQS: queues, SNS: topics, S3: objects})
	if err != nil {
		log.Fatal(err)
	}

	ctx, stop := context.WithCancel(context.Background())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- local.Serve(ctx, listener) }()

	if _, err := queues.EnsureQueue(ctx, "events", nil); err != nil {
		log.Fatal(err)
	}
	client := newClients("http://"+listener.Addr().String(), 1)
	send := func() error {
		_, err := client.sqs.SendMessage(ctx, &awssqs.SendMessageInput{
			QueueUrl: client.queue("events"), MessageBody: aws.String("hello"),
		})
		return err
	}
	fmt.Println("sent:", send() == nil)

	restore := local.Intercept(endpoint.SQS, endpointtest.Unreachable)
	fmt.Println("sent in the outage:", send() == nil)
	restore()

	stats, err := queues.Stats("events")
	fmt.Println("visible:", stats.Visible, err)
	stop()
	fmt.Println("stopped:", <-served)
	// Output:
	// sent: true
	// sent in the outage: false
	// visible: 1 <nil>
	// stopped: <nil>
}
