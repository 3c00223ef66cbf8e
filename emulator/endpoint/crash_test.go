package endpoint_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// childDir makes the test binary the process that gets killed.
const childDir = "EMULATOR_TEST_ENDPOINT_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := serveUntilKilled(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func serveUntilKilled(dir string) error {
	s, err := openServices(dir, false)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	// The pipe ends with the test: no child outlives a test that was killed.
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		fmt.Fprintln(os.Stderr, "the test is gone", err)
		os.Exit(1)
	}()
	return s.endpoint.Serve(context.Background(), l)
}

// ledger is what the clients know: an acknowledged change happened, one that was
// only begun may have happened.
type ledger struct {
	mu           sync.Mutex
	sent         map[string]bool // message bodies
	deleteBegun  map[string]bool
	deleted      map[string]bool
	receives     map[string]int // at least so many, by body
	published    map[string]bool
	objects      map[string][]byte
	acknowledged int
	enough       int
	kill         func()
}

func (l *ledger) note(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// acknowledge notes a change that was answered, and kills the child when there
// are enough of them: the others are in the middle of something then.
func (l *ledger) acknowledge(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	l.acknowledged++
	if l.acknowledged == l.enough {
		l.kill()
	}
}

func TestKillNineLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := &ledger{
		sent: map[string]bool{}, deleteBegun: map[string]bool{}, deleted: map[string]bool{},
		receives: map[string]int{}, published: map[string]bool{}, objects: map[string][]byte{},
	}
	for round := 1; round <= 3; round++ {
		l.enough = round * 200
		runUntilKilled(t, dir, round, l)
	}
	if l.acknowledged < l.enough || len(l.deleted) == 0 || len(l.objects) == 0 || len(l.published) == 0 {
		t.Fatalf("the load was not what it should be: %d acknowledged, %d deleted, %d objects, %d published",
			l.acknowledged, len(l.deleted), len(l.objects), len(l.published))
	}

	s, err := openServices(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	web := serveForTest(t, s)
	c := newClients(web, 1)
	ctx := testContext(t)

	counts := receiveAll(t, ctx, c)
	for body := range l.sent {
		if _, ok := counts[body]; !ok && !l.deleteBegun[body] {
			t.Errorf("message %s was acknowledged and is lost", body)
		}
	}
	for body := range l.deleted {
		if _, ok := counts[body]; ok {
			t.Errorf("message %s was deleted and is back", body)
		}
	}
	for body, n := range counts {
		if n <= l.receives[body] {
			t.Errorf("message %s: receive count %d after %d receives that were answered", body, n, l.receives[body])
		}
	}
	fannedOut, err := c.drain(ctx, fanned)
	if err != nil {
		t.Fatal(err)
	}
	for message := range l.published {
		if fannedOut[message] == 0 {
			t.Errorf("notification %s was acknowledged and is lost", message)
		}
	}
	for key, want := range l.objects {
		out, err := c.s3.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
		if err != nil {
			t.Errorf("object %s was acknowledged: %v", key, err)
			continue
		}
		got, err := io.ReadAll(out.Body)
		if err := errors.Join(err, out.Body.Close()); err != nil || !bytes.Equal(got, want) {
			t.Errorf("object %s has %d bytes, %v, want the %d acknowledged", key, len(got), err, len(want))
		}
	}
	checkWholeObjects(t, ctx, c, dir)
}

func serveForTest(t *testing.T, s *services) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.endpoint.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

// receiveAll returns the receive count of every message that is left.
func receiveAll(t *testing.T, ctx context.Context, c clients) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for {
		out, err := c.sqs.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: c.queue(queueName), MaxNumberOfMessages: 10,
			MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"ApproximateReceiveCount"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return counts
		}
		for _, m := range out.Messages {
			n, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
			if err != nil {
				t.Fatal(err)
			}
			counts[*m.Body] = n
		}
	}
}

// checkWholeObjects reads every object there is, acknowledged or not: each has
// to be whole, and none may be left without a key.
func checkWholeObjects(t *testing.T, ctx context.Context, c clients, dir string) {
	t.Helper()
	var sums []string
	pages := awss3.NewListObjectsV2Paginator(c.s3, &awss3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			out, err := c.s3.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: o.Key})
			if err != nil {
				t.Errorf("object %s: %v", *o.Key, err)
				continue
			}
			got, err := io.ReadAll(out.Body)
			if err := errors.Join(err, out.Body.Close()); err != nil || !bytes.Equal(got, objectBody(*o.Key)) {
				t.Errorf("object %s is not whole: %d bytes, %v", *o.Key, len(got), err)
			}
			sums = append(sums, *o.Key)
		}
	}
	files, err := os.ReadDir(filepath.Join(dir, "s3", "buckets", bucket))
	if err != nil || len(files) != len(sums) {
		t.Errorf("%d files for %d objects, %v", len(files), len(sums), err)
	}
	if rest, err := os.ReadDir(filepath.Join(dir, "s3", "new")); err != nil || len(rest) != 0 {
		t.Errorf("%d half-written files are left, %v", len(rest), err)
	}
}

// objectBody is made from the key, so that a reader knows whether an object is
// whole.
func objectBody(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return bytes.Repeat(sum[:], 1+int(sum[0])*64) // up to half a MiB
}

func runUntilKilled(t *testing.T, dir string, round int, l *ledger) {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(executable)
	child.Env = append(os.Environ(), childDir+"="+dir)
	var complaints bytes.Buffer
	child.Stderr = &complaints
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the child did not start: %v: %s", err, complaints.String())
	}
	ctx, stop := context.WithCancel(testContext(t))
	defer stop()
	l.kill = func() {
		if err := child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) { // SIGKILL
			t.Errorf("kill the child: %v", err)
		}
	}
	c := newClients("http://"+strings.TrimSpace(address), 1)

	var wg sync.WaitGroup
	load := func(name string, step func(ctx context.Context, c clients, id string, l *ledger) error) {
		wg.Go(func() {
			for i := 0; ; i++ {
				if err := step(ctx, c, fmt.Sprintf("%s-%d-%d", name, round, i), l); err != nil {
					return // the child is dead
				}
			}
		})
	}
	for i := range 4 {
		load(fmt.Sprint("send", i), sendStep)
		load(fmt.Sprint("put", i), putStep)
	}
	for i := range 2 {
		load(fmt.Sprint("publish", i), publishStep)
		load(fmt.Sprint("receive", i), receiveStep)
	}
	wg.Wait()
	l.kill() // if the load ended early, which is found below
	err = child.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the child ended with %v, want a signal: %s", err, complaints.String())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.acknowledged < l.enough {
		t.Fatalf("round %d ended after %d of %d acknowledged changes", round, l.acknowledged, l.enough)
	}
}

func sendStep(ctx context.Context, c clients, id string, l *ledger) error {
	entries := make([]sqstypes.SendMessageBatchRequestEntry, 3)
	for i := range entries {
		entries[i] = sqstypes.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: aws.String(fmt.Sprintf("%s-%d", id, i))}
	}
	out, err := c.sqs.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: c.queue(queueName), Entries: entries})
	if err != nil {
		return err
	}
	l.acknowledge(func() {
		for _, e := range out.Successful {
			i, err := strconv.Atoi(*e.Id)
			if err == nil {
				l.sent[*entries[i].MessageBody] = true
			}
		}
	})
	return nil
}

func putStep(ctx context.Context, c clients, id string, l *ledger) error {
	body := objectBody(id)
	_, err := c.s3.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String(bucket), Key: &id, Body: bytes.NewReader(body), IfNoneMatch: aws.String("*")})
	if err != nil {
		return err
	}
	l.acknowledge(func() { l.objects[id] = body })
	return nil
}

func publishStep(ctx context.Context, c clients, id string, l *ledger) error {
	_, err := c.sns.PublishBatch(ctx, &awssns.PublishBatchInput{TopicArn: c.topic(), PublishBatchRequestEntries: []snstypes.PublishBatchRequestEntry{
		{Id: aws.String("a"), Message: aws.String(id + "-a")}, {Id: aws.String("b"), Message: aws.String(id + "-b")}}})
	if err != nil {
		return err
	}
	l.acknowledge(func() { l.published[id+"-a"], l.published[id+"-b"] = true, true })
	return nil
}

// receiveStep deletes every other message that it receives.
func receiveStep(ctx context.Context, c clients, _ string, l *ledger) error {
	out, err := c.sqs.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: c.queue(queueName), MaxNumberOfMessages: 4, WaitTimeSeconds: 1,
		MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"ApproximateReceiveCount"}})
	if err != nil {
		return err
	}
	for i, m := range out.Messages {
		n, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
		if err != nil {
			return err
		}
		l.note(func() { l.receives[*m.Body] = max(n, l.receives[*m.Body]) })
		if i%2 == 1 {
			continue
		}
		l.note(func() { l.deleteBegun[*m.Body] = true })
		if _, err := c.sqs.DeleteMessage(ctx, &awssqs.DeleteMessageInput{QueueUrl: c.queue(queueName), ReceiptHandle: m.ReceiptHandle}); err != nil {
			return err
		}
		l.acknowledge(func() { l.deleted[*m.Body] = true })
	}
	return nil
}
