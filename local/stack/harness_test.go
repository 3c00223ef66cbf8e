package stack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/buildflags"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

// binaries are built once for all tests of the package: the real ones.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if os.Getenv(childVariable) != "" {
		return child()
	}
	dir, err := os.MkdirTemp("", "fluxa-stack-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", slices.Concat([]string{"build"}, buildflags.All(), []string{"-o", dir + "/", "github.com/fluxa/fluxa/functions/..."})...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the functions:", err)
		return 1
	}
	binaries = dir
	return m.Run()
}

// patience bounds every wait: it is no expectation, only the end of hope.
const patience = 90 * time.Second

// product is a running stack with what a test asks of it.
type product struct {
	*stack.Stack
	t   *testing.T
	dir string
	db  *pgx.Conn
}

// start runs a stack with a schema of its own on the tests' PostgreSQL.
func start(t *testing.T, change func(*stack.Config)) *product {
	t.Helper()
	cfg := stack.Config{
		Dir: t.TempDir(), BinDir: binaries,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Tuning: stack.Tuning{ProcessorTimeout: 2 * time.Second, Retry: config.Retry{BaseSeconds: 1, MaxSeconds: 2}, ThrowAway: true},
	}
	if change != nil {
		change(&cfg)
	}
	if cfg.DatabaseURL == "" {
		cfg.DatabaseURL = pgtest.URL(t)
	}
	if cfg.DatabaseURL == ownDatabase {
		cfg.DatabaseURL = ""
	}
	s, err := stack.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	p := &product{Stack: s, t: t, dir: cfg.Dir}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
		if t.Failed() {
			p.dumpLogs()
		}
	})
	return p
}

// ownDatabase asks start for a stack that runs its own PostgreSQL.
const ownDatabase = "own"

func (p *product) dumpLogs() {
	logs, _ := filepath.Glob(filepath.Join(p.dir, "logs", "*.log"))
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err != nil {
			p.t.Log(err)
		}
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		p.t.Logf("%s, the last lines:\n%s", filepath.Base(path), strings.Join(lines[max(0, len(lines)-12):], "\n"))
	}
}

// database is a connection to the stack's database.
func (p *product) database() *pgx.Conn {
	p.t.Helper()
	if p.db == nil {
		p.db = connect(p.t, p.Info().DatabaseURL)
	}
	return p.db
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) }) // the server may be gone by then
	return c
}

// number returns the one number of a query.
func (p *product) number(query string, args ...any) int {
	p.t.Helper()
	var n int
	if err := p.database().QueryRow(p.t.Context(), query, args...).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) String() string { return fmt.Sprintf("%d %.600s", a.status, a.body) }

// field returns a top-level value of the answer, as JSON text.
func (a answer) field(t *testing.T, name string) string {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(a.body, &fields); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	return string(fields[name])
}

func (p *product) do(method, path string, body []byte, headers ...string) answer {
	p.t.Helper()
	a, err := call(p.t.Context(), method, p.Info().APIURL+path, body, headers...)
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

func (p *product) post(body string, headers ...string) answer {
	p.t.Helper()
	return p.do(http.MethodPost, "/events", []byte(body), headers...)
}

func (p *product) get(path string) answer { p.t.Helper(); return p.do(http.MethodGet, path, nil) }

func call(ctx context.Context, method, url string, body []byte, headers ...string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, text}, err
}

// eventually waits until check says nothing any more, or fails with what it says.
func eventually(t *testing.T, check func() string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		wrong := check()
		if wrong == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(wrong)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// processed waits until the event is in the database and returns what a query
// answers.
func (p *product) processed(id string) answer {
	p.t.Helper()
	var a answer
	eventually(p.t, func() string {
		if a = p.get("/events/" + id); a.status != http.StatusOK {
			return "GET /events/" + id + ": " + a.String()
		}
		return ""
	})
	return a
}

// drained waits until the events queue is empty, in flight and delayed included.
func (p *product) drained() {
	p.t.Helper()
	eventually(p.t, func() string {
		s, err := p.Queues().Stats(stack.EventsQueue)
		if err != nil {
			return err.Error()
		}
		if !s.Empty() {
			return fmt.Sprintf("the events queue holds %+v", s)
		}
		return ""
	})
}

// visibleAfter sets the visibility time-out of the events queue.
func (p *product) visibleAfter(d time.Duration) {
	p.t.Helper()
	url := p.Info().AWSEndpoint + "/" + stack.AccountID + "/" + stack.EventsQueue
	if _, err := p.SQS().SetQueueAttributes(p.t.Context(), &awssqs.SetQueueAttributesInput{
		QueueUrl: &url, Attributes: map[string]string{"VisibilityTimeout": strconv.Itoa(int(d.Seconds()))},
	}); err != nil {
		p.t.Fatal(err)
	}
}

// messages takes everything from a queue.
func (p *product) messages(queue string) []types.Message {
	p.t.Helper()
	client := p.SQS()
	var out []types.Message
	url := p.Info().AWSEndpoint + "/" + stack.AccountID + "/" + queue
	for {
		got, err := client.ReceiveMessage(p.t.Context(), &awssqs.ReceiveMessageInput{
			QueueUrl: &url, MaxNumberOfMessages: 10, VisibilityTimeout: 3600, MessageAttributeNames: []string{"All"},
		})
		if err != nil {
			p.t.Fatal(err)
		}
		if len(got.Messages) == 0 {
			return out
		}
		out = append(out, got.Messages...)
	}
}

// deadLetters returns the DLQ's messages as "event id: code", and their count.
func (p *product) deadLetters() []string {
	p.t.Helper()
	var out []string
	for _, m := range p.messages(stack.DLQ) {
		out = append(out, attribute(m, "event_id")+": "+attribute(m, "error_code"))
	}
	return out
}

func attribute(m types.Message, name string) string {
	if a, ok := m.MessageAttributes[name]; ok && a.StringValue != nil {
		return *a.StringValue
	}
	return ""
}

// notified counts the notifications by event id.
func (p *product) notified() map[string]int {
	p.t.Helper()
	out := map[string]int{}
	for _, m := range p.messages(stack.NotificationQueue) {
		var n struct {
			EventID string `json:"event_id"`
		}
		if err := json.Unmarshal([]byte(*m.Body), &n); err != nil {
			p.t.Fatal(err)
		}
		out[n.EventID]++
	}
	return out
}

// event returns the body of a valid event.
func event(id string) string { return eventWith(id, "99.99", "Corner Shop", `{"k":1}`) }

func eventWith(id, amount, merchant, metadata string) string {
	return fmt.Sprintf(`{"event_id":%q,"user_id":"ada","amount":%s,"currency":"EUR","merchant":%q,"timestamp":"2026-01-31T23:59:59Z","metadata":%s}`,
		id, amount, merchant, metadata)
}

// atOnce runs n calls side by side.
func atOnce(n int, f func(i int)) {
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { f(i) })
	}
	wait.Wait()
}
