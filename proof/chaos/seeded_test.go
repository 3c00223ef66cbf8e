package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/buildflags"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/proof/checker"
	"github.com/fluxa/fluxa/proof/inject"
	"github.com/fluxa/fluxa/proof/rig"
)

// TestMain lets the test's program run the stack, as the command does.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == rig.ChildCommand {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		err := rig.ServeChild(ctx, os.Stdin, os.Stdout)
		stop()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const patience = 90 * time.Second

// product is a rig under load, whose evidence a test doctors.
type product struct {
	*rig.Rig
	t *testing.T
}

// start starts the product, its functions built with further flags.
func start(t *testing.T, flags ...string) product {
	t.Helper()
	bin, dir := t.TempDir(), t.TempDir()
	build := exec.Command("go", slices.Concat([]string{"build"}, buildflags.All(), flags, []string{"-o", bin + "/", "github.com/fluxa/fluxa/functions/..."})...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the functions: %v\n%s", err, out)
	}
	// PostgreSQL gets a user of its own when this one is root, who must reach its data.
	for folder := dir; folder != os.TempDir() && len(folder) > len(os.TempDir()); folder = folder[:strings.LastIndexByte(folder, '/')] {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r, err := rig.Start(t.Context(), rig.Config{Dir: dir, BinDir: bin, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return product{r, t}
}

func (p product) exec(statement string) {
	p.t.Helper()
	if err := p.Database.Exec(p.t.Context(), statement); err != nil {
		p.t.Fatal(err)
	}
}

// load sends until so many events are accepted.
func (p product) load(n int) []checker.Sent {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	load := rig.StartLoad(ctx, p.Stack.Info(), p.Queue, rig.LoadConfig{Rate: 50, Mix: rig.UsualMix(), Seed: uint64(time.Now().UnixNano())})
	for load.Accepted() < n && ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond)
	}
	sent, err := load.Stop()
	if err = errors.Join(err, ctx.Err()); err != nil {
		p.t.Fatal(err)
	}
	return sent
}

// ids returns the ids of stored events that were sent once.
func (p product) ids(sent []checker.Sent) []string {
	times := map[string]int{}
	for _, s := range sent {
		times[s.ID]++
	}
	var out []string
	for _, s := range sent {
		if s.Code == "" && s.Accepted && times[s.ID] == 1 {
			out = append(out, s.ID)
		}
	}
	return out
}

// poison returns the id of a message that must be in the DLQ.
func poison(sent []checker.Sent) (checker.Sent, bool) {
	at := slices.IndexFunc(sent, func(s checker.Sent) bool { return s.Code != "" })
	if at < 0 {
		return checker.Sent{}, false
	}
	return sent[at], true
}

// TestChecker_finds_the_mistakes_that_a_platform_could_make runs the product, and makes
// the mistakes that it does not make where each would show: in the tables, on the queues,
// on the topic. Each is made to an event of its own, so that all of them are found in one
// run, and nothing else.
func TestChecker_finds_the_mistakes_that_a_platform_could_make(t *testing.T) {
	t.Parallel()
	p := start(t)
	sent := p.load(60)
	if err := p.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	lost, acknowledged := p.acknowledge()
	if err := p.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	ids := p.ids(sent)
	if len(ids) < 6 {
		t.Fatalf("%d events can be doctored", len(ids))
	}
	want := map[string]checker.Kind{}
	for _, id := range p.ids(lost) {
		if acknowledged[id] {
			want[id] = checker.Lost
		}
	}
	if len(want) == 0 {
		t.Fatal("no event was acknowledged before its commit")
	}
	mistakes := []struct {
		kind      checker.Kind
		statement string
	}{
		// Inserted without ON CONFLICT.
		{checker.Double, `INSERT INTO events SELECT (jsonb_populate_record(e, jsonb_build_object('created_at', created_at + interval '1 millisecond'))).* FROM events AS e WHERE event_id = '%s'`},
		// A mark lost.
		{checker.WrongKey, `DELETE FROM idempotency_keys WHERE event_id = '%s'`},
		// One byte of the payload is another.
		{checker.WrongBytes, `UPDATE events SET payload = overlay(payload placing ' ' from length(payload)) WHERE event_id = '%s'`},
		// A row is gone, as with a partition that was dropped too early; it was announced.
		{checker.Premature, `DELETE FROM events WHERE event_id = '%s'`},
	}
	for i, mistake := range mistakes {
		p.exec(fmt.Sprintf(mistake.statement, ids[i]))
		want[ids[i]] = mistake.kind
	}
	// Stored, and sent to the DLQ too; and a letter of poison by another code.
	p.letter(checker.Sent{ID: ids[4], SHA256: hashOf(sent, ids[4])}, fault.ProcessorEnded)
	want[ids[4]] = checker.Both
	if found, some := poison(sent); some {
		p.letter(found, fault.Internal)
		want[found.ID] = checker.WrongCode
	}
	// Announced, and sent by nobody.
	p.message(stack.NotificationQueue, `{"event_id":"ghost","payload_sha256":"00"}`, nil)
	want["ghost"] = checker.Ghost

	evidence, err := p.Evidence(t.Context(), append(sent, lost...))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]checker.Kind{}
	for _, f := range checker.Check(evidence).Findings {
		found[f.ID] = append(found[f.ID], f.Kind)
		if _, made := want[f.ID]; !made && !acknowledged[f.ID] {
			t.Errorf("%s %s (%s): nobody made that mistake", f.ID, f.Kind, f.Detail)
		}
	}
	for id, kind := range want {
		if !slices.Contains(found[id], kind) {
			t.Errorf("%s: found %v, want %s", id, found[id], kind)
		}
	}
}

// acknowledge sends events and takes them off the queue, as a consumer would which
// acknowledges before it commits, and then crashes. It returns what was sent, and the ids
// that it acknowledged: a poll that was under way may have had some before.
func (p product) acknowledge() (sent []checker.Sent, ids map[string]bool) {
	p.t.Helper()
	if err := p.Stack.Inject(p.t.Context(), inject.Fault{
		Service: endpoint.SQS, Operations: []string{"ReceiveMessage"}, Effect: inject.Refuse, Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable",
	}); err != nil {
		p.t.Fatal(err)
	}
	queue, ids := aws.String(p.Stack.Info().QueueURL), map[string]bool{}
	for len(p.ids(sent)) == 0 || len(ids) < 3 {
		sent = append(sent, p.load(3)...)
		got, err := p.Queue.ReceiveMessage(p.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}})
		if err != nil {
			p.t.Fatal(err)
		}
		for _, m := range got.Messages {
			ids[*m.MessageAttributes[contract.AttrEventID].StringValue] = true
			if _, err := p.Queue.DeleteMessage(p.t.Context(), &sqs.DeleteMessageInput{QueueUrl: queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	if err := p.Stack.Inject(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	return sent, ids
}

func hashOf(sent []checker.Sent, id string) string {
	at := slices.IndexFunc(sent, func(s checker.Sent) bool { return s.ID == id })
	return sent[at].SHA256
}

// letter puts a message on the DLQ as the processor would.
func (p product) letter(s checker.Sent, code fault.Code) {
	p.t.Helper()
	p.message(stack.DLQ, fmt.Sprintf(`{"event_id":%q,"payload_sha256":%q}`, s.ID, s.SHA256), map[string]string{
		contract.AttrEventID: s.ID, contract.AttrErrorCode: string(code),
	})
}

func (p product) message(queue, body string, attributes map[string]string) {
	p.t.Helper()
	in := sqs.SendMessageInput{
		QueueUrl: aws.String(p.Stack.Info().AWSEndpoint + "/" + stack.AccountID + "/" + queue), MessageBody: &body,
		MessageAttributes: map[string]types.MessageAttributeValue{},
	}
	for name, value := range attributes {
		in.MessageAttributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
	}
	if _, err := p.Queue.SendMessage(p.t.Context(), &in); err != nil {
		p.t.Fatal(err)
	}
}
