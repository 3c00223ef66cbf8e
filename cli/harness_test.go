package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/stacks"
	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

var update = flag.Bool("update", false, "write the golden files anew")

// childVariable makes the test binary play a process that is a running stack.
const childVariable = "FLUXA_CLI_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(playStack())
	}
	// What the person's own shell has set must not decide a test.
	for _, name := range []string{
		"COLUMNS", "PORT", "DATABASE_URL", "FLUXA_DIR", "FLUXA_HOST", "FLUXA_ENDPOINT", "FLUXA_API_KEY", "FLUXA_QUEUE_URL",
		"FLUXA_DLQ_URL", "FLUXA_STAGE", "FLUXA_NAME_PREFIX", "FLUXA_PROFILE", "XDG_CONFIG_HOME", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_PROFILE",
	} {
		if err := os.Unsetenv(name); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// now is when the commands of the tests run.
var now = time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)

// outcome is what a command line did.
type outcome struct {
	code     int
	out, err string
}

func (o outcome) String() string {
	return fmt.Sprintf("exit code %d\n--- out\n%s--- err\n%s", o.code, o.out, o.err)
}

func run(t *testing.T, args ...string) outcome {
	t.Helper()
	return runWith(t.Context(), strings.NewReader(""), stacks.Launcher{}, args...)
}

// runWith leaves the name of the stack that the command acted on out of what it wrote:
// TestCommands_name_the_stack_that_they_act_on looks at it.
func runWith(ctx context.Context, in io.Reader, launcher stacks.Launcher, args ...string) outcome {
	got := runWhole(ctx, in, launcher, args...)
	if line, rest, found := strings.Cut(got.err, "\n"); found && strings.HasPrefix(line, "on ") {
		got.err = rest
	}
	return got
}

func runWhole(ctx context.Context, in io.Reader, launcher stacks.Launcher, args ...string) outcome {
	var out, err bytes.Buffer
	c := console.Console{In: in, Out: &out, Err: &err, Now: func() time.Time { return now }}
	code := Run(ctx, args, c, launcher)
	return outcome{code, out.String(), err.String()}
}

// place is where the stack of an answer is, which differs from run to run.
var place = regexp.MustCompile(`(the local stack under |"stack": ?"http://[0-9.]+:)[^\s":]+`)

// golden compares text with a file under testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	text = place.ReplaceAllString(text, "${1}PLACE")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s differs; got\n%s\nwant\n%s", path, text, want)
	}
}

// api is an HTTP server that answers as the API does, as far as a test needs it.
type fakeAPI struct {
	*httptest.Server
	mu       sync.Mutex
	requests []string // method, path, body
	headers  []http.Header
	answers  map[string]func(http.ResponseWriter, *http.Request, string) // by method and path
}

func newAPI(t *testing.T) *fakeAPI {
	t.Helper()
	f := &fakeAPI{answers: map[string]func(http.ResponseWriter, *http.Request, string){}}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		f.mu.Lock()
		f.requests = append(f.requests, r.Method+" "+r.URL.String()+" "+string(body))
		f.headers = append(f.headers, r.Header)
		answer := f.answers[r.Method+" "+r.URL.Path]
		f.mu.Unlock()
		if answer == nil {
			problem(w, http.StatusNotFound, "not_found", "there is no such event")
			return
		}
		answer(w, r, string(body))
	}))
	t.Cleanup(f.Close)
	return f
}

// on sets the answer of a route.
func (f *fakeAPI) on(route string, answer func(w http.ResponseWriter, r *http.Request, body string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[route] = answer
}

// says answers a route with a fixed body.
func (f *fakeAPI) says(route string, status int, body string) {
	f.on(route, func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
}

func (f *fakeAPI) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.requests...)
}

func problem(w http.ResponseWriter, status int, code, detail string, fields ...string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	errs := []map[string]string{}
	for i := 0; i < len(fields); i += 3 {
		errs = append(errs, map[string]string{"pointer": fields[i], "code": fields[i+1], "detail": fields[i+2]})
	}
	text, err := json.Marshal(map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail, "code": code, "correlation_id": "corr-1", "errors": errs,
	})
	if err != nil {
		panic(err)
	}
	if _, err := w.Write(text); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// playStack is a process that counts as a running stack: it writes its
// description when it is asked to, and ends on SIGTERM or with its parent.
func playStack() int {
	if os.Getenv(childVariable) == "command" {
		return playCommand()
	}
	if dir := os.Getenv("FLUXA_TEST_INFO_DIR"); dir != "" {
		info := stack.Info{PID: os.Getpid(), APIURL: os.Getenv("FLUXA_TEST_API_URL"), APIKey: os.Getenv("FLUXA_API_KEY"), DatabaseURL: os.Getenv("DATABASE_URL")}
		if err := stack.WriteInfo(dir, info); err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("arguments:", strings.Join(os.Args[1:], " "))
		time.Sleep(time.Minute)
		return 1
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return 1
	}
	return 0
}

// programNamedFluxa is the test binary under the name that a stack's process has.
func programNamedFluxa(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "fluxa")
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// local writes the description of a running stack into a new data folder.
func local(t *testing.T, info stack.Info) (dir string) {
	t.Helper()
	process := exec.Command(programNamedFluxa(t), "up")
	process.Env = append(os.Environ(), childVariable+"=1")
	input, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := input.Close(); err != nil {
			t.Error(err)
		}
		if err := process.Wait(); err != nil {
			t.Error(err)
		}
	})
	dir = t.TempDir()
	info.PID = process.Process.Pid
	if err := stack.WriteInfo(dir, info); err != nil {
		t.Fatal(err)
	}
	return dir
}

// queues is an SQS with an events queue and a DLQ.
type queues struct {
	t      *testing.T
	server *sqs.Server
	web    *httptest.Server
	client *awssqs.Client
	info   stack.Info
	began  time.Time
	runs   bool // whether the queues' clock advances

	mu sync.Mutex
	at time.Time
}

func (q *queues) Now() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.runs {
		return q.at.Add(time.Since(q.began))
	}
	return q.at
}

func newQueues(t *testing.T) *queues {
	t.Helper()
	q := &queues{t: t, at: now.Add(-5 * time.Hour), began: time.Now()}
	server, err := sqs.Open(sqs.Config{Path: filepath.Join(t.TempDir(), "sqs.db"), NoSync: true, Now: q.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	q.server, q.web = server, httptest.NewServer(server)
	t.Cleanup(func() {
		q.web.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	q.client = awssqs.New(awssqs.Options{
		Region: "us-east-1", BaseEndpoint: &q.web.URL, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	q.info = stack.Info{AWSEndpoint: q.web.URL, Region: "us-east-1"}
	for name, url := range map[string]*string{"events": &q.info.QueueURL, "dlq": &q.info.DLQURL} {
		out, err := q.client.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: &name})
		if err != nil {
			t.Fatal(err)
		}
		*url = aws.ToString(out.QueueUrl)
	}
	return q
}

// dead puts a message into the DLQ, an hour after the one before.
func (q *queues) dead(eventID, code, reason, body string) string {
	q.t.Helper()
	q.mu.Lock()
	q.at = q.at.Add(time.Hour)
	q.mu.Unlock()
	in := &awssqs.SendMessageInput{QueueUrl: &q.info.DLQURL, MessageBody: &body, MessageAttributes: map[string]types.MessageAttributeValue{}}
	for name, value := range map[string]string{
		contract.AttrEventID: eventID, contract.AttrCorrelationID: "c-" + eventID, contract.AttrErrorCode: code, contract.AttrErrorReason: reason,
	} {
		if value != "" && value != "c-" {
			in.MessageAttributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
		}
	}
	out, err := q.client.SendMessage(q.t.Context(), in)
	if err != nil {
		q.t.Fatal(err)
	}
	return aws.ToString(out.MessageId)
}

func (q *queues) wantStats(queue string, want sqs.Stats) {
	q.t.Helper()
	got, err := q.server.Stats(queue)
	if err != nil || got != want {
		q.t.Errorf("%s has %+v, %v; want %+v", queue, got, err, want)
	}
}

func envelope(t *testing.T, id string) string {
	t.Helper()
	payload := `{"user_id":"u"}`
	body, err := event.Envelope{
		EventID: id, CorrelationID: "c-" + id, Mode: event.Inline, Payload: &payload, SHA256: event.Hash([]byte(payload)), ReceivedAt: now,
	}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

var uuidPattern = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// stable numbers the random ids of a text in their order.
func stable(text string) string {
	numbers := map[string]string{}
	return uuidPattern.ReplaceAllStringFunc(text, func(id string) string {
		if numbers[id] == "" {
			numbers[id] = fmt.Sprintf("00000000-0000-0000-0000-%012d", len(numbers)+1)
		}
		return numbers[id]
	})
}
