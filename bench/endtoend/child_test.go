package endtoend

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/emulator/sqs"
)

// TestMain lets the test's program serve the queue, as the command does.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == QueueCommand {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		err := Queue(ctx, os.Args[2])
		stop()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestQueue_serves_SQS_in_a_process_of_its_own(t *testing.T) {
	t.Parallel()
	queue, url, err := startQueue(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if queue.pid() == os.Getpid() {
		t.Error("it is this process")
	}
	client := awssqs.New(awssqs.Options{
		Region: sqs.Region, BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	address := aws.String(url + "/" + sqs.AccountID + "/" + queueName)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := client.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: address, MessageBody: aws.String("hello")}); err != nil {
		t.Fatal(err)
	}
	got, err := client.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: address, WaitTimeSeconds: 5})
	if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != "hello" {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := queue.stop(); err != nil {
		t.Error(err)
	}
	if _, _, err := get(ctx, url); err == nil {
		t.Error("it still serves")
	}
}

// shell starts a command of a shell.
func shell(t *testing.T, text string, environ ...string) *child {
	t.Helper()
	c, err := start(t.Context(), command{name: "it", path: "/bin/sh", args: []string{"-c", text}, environ: environ, dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestChild_that_ends_before_it_is_ready_is_reported_with_its_log(t *testing.T) {
	t.Parallel()
	c := shell(t, "echo $WORD; exit 3", "WORD=port-in-use")
	err := c.await(t.Context(), func(context.Context) error { return errors.New("not yet") })
	if err == nil || !strings.Contains(err.Error(), "it: it ended\nexit status 3\nthe end of it.log: port-in-use") {
		t.Errorf("error %v", err)
	}
	if err := c.stop(); err != nil {
		t.Errorf("stop one that has ended: %v", err)
	}
}

func TestChild_is_asked_to_end(t *testing.T) {
	t.Parallel()
	ready := filepath.Join(t.TempDir(), "ready")
	c := shell(t, "trap 'echo asked; exit 0' TERM; touch "+ready+"; while :; do sleep 0.1; done")
	if err := c.await(t.Context(), func(context.Context) error { _, err := os.Stat(ready); return err }); err != nil {
		t.Fatal(err)
	}
	if err := c.stop(); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(c.log); err != nil || string(text) != "asked\n" {
		t.Errorf("its log is %q, %v", text, err)
	}
}

func TestStart_fails_without_the_binary(t *testing.T) {
	t.Parallel()
	place := Place{Dir: t.TempDir()}
	if _, err := NewFluxa("it", t.TempDir()).Start(t.Context(), place); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestBuildBento_says_how_to_do_without(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "go.mod"), []byte("module broken\n\ngo 1.26\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := BuildBento(t.Context(), folder, filepath.Join(folder, "bento"))
	if err == nil || !strings.Contains(err.Error(), "-bento=false leaves it out") || !strings.Contains(err.Error(), "no Go files") {
		t.Errorf("error %v", err)
	}
}

func TestBuildCommit_names_a_commit_that_is_not_there(t *testing.T) {
	t.Parallel()
	_, err := BuildCommit(t.Context(), "no-such-commit", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "build commit no-such-commit: archive commit no-such-commit (it must be in the clone: git fetch --unshallow): git archive: ") {
		t.Errorf("error %v", err)
	}
}

func TestEnviron_leaves_out_what_would_change_a_child(t *testing.T) {
	for _, name := range []string{"FLUXA_API_KEY", "AWS_ENDPOINT_URL", "MAKEFLAGS", "PORT", "DATABASE_URL", "GOWORK"} {
		t.Setenv(name, "unwanted")
	}
	t.Setenv("HARMLESS", "kept")
	got := environ("PORT=0")
	if slices.ContainsFunc(got, func(v string) bool { return strings.HasSuffix(v, "=unwanted") }) ||
		!slices.Contains(got, "HARMLESS=kept") || !slices.Contains(got, "PORT=0") {
		t.Errorf("got %q", got)
	}
}
