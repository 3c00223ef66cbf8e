package emulated_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	region  = "us-east-1"
	account = "123456789012" // moto's

	// venvVariable names another Python environment than .venv, such as one that is
	// shared between checkouts.
	venvVariable = "FLUXA_VENV"

	setUp = "run `make setup` in the root of the repository"
)

// emulator is the process that serves AWS.
type emulator struct {
	address string
	log     string // the file of its log
}

// startEmulator starts an emulator that stops with the test. It also stops by
// itself when this process is gone: its standard input ends then.
func startEmulator(t *testing.T, root string) *emulator {
	t.Helper()
	python := filepath.Join(venv(root), "bin", "python")
	if _, err := os.Stat(python); err != nil {
		t.Fatalf("the emulator is a Python program, and its environment is not there: %v; %s", err, setUp)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "emulator.log"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, python, "-B", "-m", "emulator")
	cmd.Dir, cmd.Env, cmd.Stderr = filepath.Join(root, "cdk", "emulated"), environment(""), log
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		impatience := time.AfterFunc(time.Minute, cancel)
		defer cancel()
		err := errors.Join(in.Close(), cmd.Wait(), log.Close())
		if !impatience.Stop() || err != nil {
			t.Errorf("the emulator did not stop by itself when its input ended: %v\n%s", err, tail(log.Name()))
		}
	})
	return &emulator{address: firstLine(t, out, log.Name()), log: log.Name()}
}

func venv(root string) string {
	if named := os.Getenv(venvVariable); named != "" {
		return named
	}
	return filepath.Join(root, ".venv")
}

// firstLine waits for the address that the emulator writes when it answers.
func firstLine(t *testing.T, out io.Reader, log string) string {
	t.Helper()
	line, failed := make(chan string, 1), make(chan error, 1)
	go func() {
		text, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			failed <- err
			return
		}
		line <- strings.TrimSpace(text)
	}()
	const limit = time.Minute
	select {
	case address := <-line:
		return address
	case err := <-failed:
		t.Fatalf("the emulator ended before it answered: %v; the environment may be older than requirements/tools.txt: %s\n%s", err, setUp, tail(log))
	case <-time.After(limit):
		t.Fatalf("the emulator does not answer after %s\n%s", limit, tail(log))
	}
	return ""
}

// environment is the caller's, without a setting by which a command could reach a
// real account, and with what makes it speak to the emulator at the address.
func environment(address string) []string {
	var env []string
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); !strings.HasPrefix(name, "AWS_") && !strings.HasPrefix(name, "CDK_") {
			env = append(env, entry)
		}
	}
	env = append(env,
		"AWS_ACCESS_KEY_ID=emulated", "AWS_SECRET_ACCESS_KEY=emulated", "AWS_REGION="+region,
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
		"NO_PROXY=localhost,127.0.0.1", "no_proxy=localhost,127.0.0.1",
		"CDK_DISABLE_CLI_TELEMETRY=true", "CDK_DISABLE_VERSION_CHECK=1", "NO_COLOR=1",
		"CDK_VALIDATION=false", // make synth validates the same templates
		// A newer Node.js is recommended by what the CDK is made of; Fluxa's own
		// documentation says which one it needs.
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1", "NODE_NO_WARNINGS=1",
	)
	if address != "" {
		env = append(env, "AWS_ENDPOINT_URL="+address)
	}
	return env
}

// tail is the end of a log, for the message of a failed test.
func tail(path string) string {
	const most = 4 << 10
	raw, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("the end of the emulator's log:\n%s", raw[max(0, len(raw)-most):])
}
