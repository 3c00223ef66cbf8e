package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/proof/checker"
	"github.com/fluxa/fluxa/proof/inject"
)

const (
	// processorTimeout is shorter than a deployment's, so that what a processor that was
	// killed had in work is delivered again after half a minute and not after minutes:
	// the visibility time-out is a multiple of it.
	processorTimeout = 5 * time.Second

	// retentionDays is far above what a run takes, and lets maintain drop what is older.
	retentionDays = 400

	// patience is how long events may take to be stored or given up after the last fault;
	// quiet is how long the queue must be empty, which is longer than a copy of a message
	// may be late.
	patience   = 6 * time.Minute
	quiet      = 4 * time.Second
	drainPause = 500 * time.Millisecond
	callLimit  = 10 * time.Second

	invokeLimit = 2 * time.Minute

	// logFolder is below the stack's folder.
	logFolder = "logs"
)

// Config says what a rig runs and where.
type Config struct {
	// Dir is a new folder; BinDir has the functions' binaries.
	Dir, BinDir string
	Console     bool // see StackConfig
	Logger      *slog.Logger
}

// Rig is the product, running, with all that breaks and watches it.
type Rig struct {
	Database   *Database
	Stack      *Stack
	Queue      *sqs.Client
	objects    *s3.Client
	subscriber *checker.Subscriber
	dir        string
}

// Start brings everything up. The caller stops it.
func Start(ctx context.Context, c Config) (_ *Rig, err error) {
	r := &Rig{dir: c.Dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Stop(context.WithoutCancel(ctx)))
		}
	}()
	// Commits reach the operating system, and so outlive every process that is killed.
	settings := map[string]string{"fsync": "off", "full_page_writes": "off", "max_connections": "40"}
	if r.Database, err = StartDatabase(ctx, filepath.Join(c.Dir, "postgres"), c.Logger, settings); err != nil {
		return r, err
	}
	if r.Stack, err = StartStack(ctx, StackConfig{
		Dir: r.stackDir(), BinDir: c.BinDir, DatabaseURL: r.Database.URL(), Console: c.Console,
		Tuning: stack.Tuning{ProcessorTimeout: processorTimeout, RetentionDays: retentionDays, ThrowAway: true},
	}); err != nil {
		return r, err
	}
	endpoint := aws.String(r.Stack.Info().AWSEndpoint)
	local := credentials.NewStaticCredentialsProvider("local", "local", "")
	r.Queue = sqs.New(sqs.Options{Region: stack.Region, BaseEndpoint: endpoint, Credentials: local, HTTPClient: awsclient.ReadOnly(marked{&http.Client{}})})
	r.objects = s3.New(s3.Options{Region: stack.Region, BaseEndpoint: endpoint, Credentials: local, HTTPClient: awsclient.ReadOnly(marked{&http.Client{}}), UsePathStyle: true})
	r.subscriber = checker.Subscribe(context.WithoutCancel(ctx), r.Queue, *endpoint+"/"+stack.AccountID+"/"+stack.NotificationQueue)
	return r, nil
}

// Invoke runs a function once. A function that fails is an error.
func (r *Rig) Invoke(ctx context.Context, f contract.Function) (err error) {
	ctx, cancel := context.WithTimeout(ctx, invokeLimit)
	defer cancel()
	url := r.Stack.Info().AWSEndpoint + "/2015-03-31/functions/fluxa-" + string(f) + "-" + stack.Stage + "/invocations"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		return fmt.Errorf("invoke %s: %w", f, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("invoke %s: %w", f, err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return fmt.Errorf("invoke %s: %w", f, err)
	}
	if failed := response.Header.Get("X-Amz-Function-Error"); failed != "" || response.StatusCode != http.StatusOK {
		return fmt.Errorf("invoke %s: %d %s: %s", f, response.StatusCode, failed, answer)
	}
	return nil
}

// marked has the calls of the harness pass every fault. Each call's context bounds it.
type marked struct{ client *http.Client }

func (m marked) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set(inject.HarnessHeader, "1")
	return m.client.Do(r)
}

func (r *Rig) stackDir() string { return filepath.Join(r.dir, "stack") }

// Logs returns the files that the functions write, and the stack's own log.
func (r *Rig) Logs() []string {
	found, err := filepath.Glob(filepath.Join(r.stackDir(), logFolder, "*.log*")) // with those that were set aside
	if err != nil {
		panic(err) // the pattern is a constant
	}
	return append(found, filepath.Join(r.stackDir(), childLog))
}

// Depths are how many messages the queues have: those that wait or are in work, and dead
// letters.
type Depths struct{ Visible, InFlight, Letters int }

// Depths asks the queues.
func (r *Rig) Depths(ctx context.Context) (Depths, error) {
	info := r.Stack.Info()
	events, err := r.depth(ctx, info.QueueURL)
	if err != nil {
		return Depths{}, err
	}
	letters, err := r.depth(ctx, info.DLQURL)
	return Depths{Visible: events[0] + events[2], InFlight: events[1], Letters: letters[0] + letters[1]}, err
}

// depth returns the messages of a queue that are visible, in flight and delayed.
func (r *Rig) depth(ctx context.Context, url string) (out [3]int, err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	names := [...]types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible, types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	got, err := r.Queue.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names[:]})
	if err != nil {
		return out, fmt.Errorf("ask for the depth of %s: %w", url, err)
	}
	for i, name := range names {
		if _, err := fmt.Sscan(got.Attributes[string(name)], &out[i]); err != nil {
			return out, fmt.Errorf("ask for the depth of %s: %s is %q", url, name, got.Attributes[string(name)])
		}
	}
	return out, nil
}

// Drain waits until the events queue is empty and stays so.
func (r *Rig) Drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var since time.Time
	for {
		depths, err := r.Depths(ctx)
		switch {
		case err != nil || depths.Visible+depths.InFlight > 0:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		case time.Since(since) >= quiet:
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the events queue is not empty %s after the last event: %d messages wait, %d are in flight: %w",
				patience, depths.Visible, depths.InFlight, errors.Join(ctx.Err(), err))
		case <-time.After(drainPause):
		}
	}
}

// Evidence reads what is stored, announced and in the DLQ, beside the clients' log.
func (r *Rig) Evidence(ctx context.Context, sent []checker.Sent) (out checker.Evidence, err error) {
	out.Sent = sent
	if out.Announcements, err = r.subscriber.Stop(ctx); err != nil {
		return out, err
	}
	if out.Letters, err = checker.Letters(ctx, r.Queue, r.Stack.Info().DLQURL); err != nil {
		return out, err
	}
	db, err := r.Database.Connect(ctx)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, db.Close(context.WithoutCancel(ctx))) }()
	out.Rows, out.Keys, err = checker.Tables(ctx, db, r.objects)
	return out, err
}

// Stop ends everything.
func (r *Rig) Stop(ctx context.Context) error {
	var errs []error
	if r.subscriber != nil {
		r.subscriber.End()
	}
	if r.Stack != nil {
		errs = append(errs, r.Stack.Stop())
	}
	if r.Database != nil {
		errs = append(errs, r.Database.Stop(ctx))
	}
	return errors.Join(errs...)
}
