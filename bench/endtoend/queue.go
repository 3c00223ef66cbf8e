package endtoend

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	// QueueCommand is the first argument with which a program that calls Queue is told to
	// do so; the second is the folder.
	QueueCommand = "queue"

	queueName     = "events"
	queueListener = 3 // the first file that a child inherits
)

// Queue serves an emulated SQS with one queue until ctx ends, on the listener that it
// inherited: as durable as that of the local stack, with the same settings, and in a
// process of its own, so that what it uses can be measured.
func Queue(ctx context.Context, dir string) (err error) {
	file := os.NewFile(queueListener, "listener")
	listener, err := net.FileListener(file)
	if err != nil {
		return fmt.Errorf("serve the queue: %w", err)
	}
	if err := file.Close(); err != nil {
		return errors.Join(fmt.Errorf("serve the queue: %w", err), listener.Close())
	}
	queues, err := sqs.Open(sqs.Config{Path: filepath.Join(dir, "sqs.db")})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, queues.Close()) }()
	visibility := contract.VisibilityFactor * contract.ProcessorTimeout
	if _, err := queues.EnsureQueue(ctx, queueName, map[string]string{
		"MessageRetentionPeriod": strconv.Itoa(int(contract.EventsRetention / time.Second)),
		"MaximumMessageSize":     strconv.Itoa(contract.QueueMessageLimit),
		"VisibilityTimeout":      strconv.Itoa(int(visibility / time.Second)),
	}); err != nil {
		return errors.Join(err, listener.Close())
	}
	e, err := endpoint.New(endpoint.Config{SQS: queues})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	return e.Serve(ctx, listener)
}

// startQueue starts this program again to serve the queue, and returns the address of the
// service. The child is there, too, when the error is only that a listener was not closed.
func startQueue(ctx context.Context, dir string) (queue *child, url string, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, "", fmt.Errorf("find this program: %w", err)
	}
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, "", fmt.Errorf("listen for the queue: %w", err)
	}
	defer func() { err = errors.Join(err, listener.Close()) }() // the child has its own
	file, err := listener.File()
	if err != nil {
		return nil, "", fmt.Errorf("listen for the queue: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	url = "http://" + listener.Addr().String()
	queue, err = start(ctx, command{
		name: "queue", path: program, args: []string{QueueCommand, dir}, environ: environ(), dir: dir, files: []*os.File{file},
	})
	if err != nil {
		return nil, "", err
	}
	// Whatever it answers: it serves. Connections made before wait for it.
	if err := queue.await(ctx, func(ctx context.Context) error { _, _, err := get(ctx, url); return err }); err != nil {
		return nil, "", errors.Join(err, queue.stop())
	}
	return queue, url, nil
}
