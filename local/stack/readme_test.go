package stack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

// TestReadme_shows_what_is_printed_and_answered starts the product as `make up`
// does, compares the commands that it prints with the first ones of the README, and
// sends all of the README's. Only ids, times and the port may differ.
func TestReadme_shows_what_is_printed_and_answered(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("\n")); n >= 200 {
		t.Errorf("the README has %d lines: it is for newcomers, keep it under 200", n)
	}
	blocks := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 1 {
		t.Fatalf("the README must have one transcript, got %d", len(blocks))
	}
	// A command goes on after a backslash at the end of a line.
	steps := regexp.MustCompile(`(?m)^\$ ((?:.*\\\n)*.*)\n(.*)\n`).FindAllStringSubmatch(blocks[0][1], -1)

	printed := runAsMakeUpDoes(t)
	_, proposed, _ := strings.Cut(printed, "Try it:\n\n")
	proposed, _, _ = strings.Cut(proposed, "\n\nCtrl-C")
	commands := strings.Split(proposed, "\n\n")
	if len(steps) < len(commands) {
		t.Fatalf("make up proposes %d commands, the README has %d", len(commands), len(steps))
	}
	for i, command := range commands {
		if diff := cmp.Diff(steady(steps[i][1]), steady(command)); diff != "" {
			t.Errorf("make up proposes another command: (-README +printed)\n%s", diff)
		}
	}
	here := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(printed)
	for _, step := range steps {
		got := send(t, step[1], here)
		if diff := cmp.Diff(settled(t, step[2]), settled(t, got)); diff != "" {
			t.Errorf("%s: (-README +answer)\n%s", step[1], diff)
		}
	}
}

// runAsMakeUpDoes returns what is printed at a start.
func runAsMakeUpDoes(t *testing.T) string {
	t.Helper()
	out := &transcript{complete: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- stack.Run(ctx, stack.Config{Dir: t.TempDir(), BinDir: binaries, DatabaseURL: pgtest.URL(t), Out: out})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	select {
	case <-out.complete:
	case err := <-ended:
		ended <- nil
		t.Fatalf("start: %v", err)
	case <-time.After(patience):
		t.Fatal("nothing was printed")
	}
	return out.String()
}

// transcript is what was printed; it is complete with the word on how to stop.
type transcript struct {
	mu       sync.Mutex
	text     bytes.Buffer
	complete chan struct{}
}

func (w *transcript) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := bytes.Contains(w.text.Bytes(), []byte("Ctrl-C"))
	n, err := w.text.Write(p)
	if !before && bytes.Contains(w.text.Bytes(), []byte("Ctrl-C")) {
		close(w.complete)
	}
	return n, err
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// send does what the curl of the README does, and repeats a GET until it finds
// something: the processor needs a moment.
func send(t *testing.T, command, here string) string {
	t.Helper()
	path := regexp.MustCompile(`http://127\.0\.0\.1:8080(/[^\s']*)`).FindStringSubmatch(command)
	if path == nil {
		t.Fatalf("no URL in %s", command)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		method, body := http.MethodGet, ""
		if data := regexp.MustCompile(`-d '([^']*)'`).FindStringSubmatch(command); data != nil {
			method, body = http.MethodPost, data[1]
		}
		r, err := http.NewRequestWithContext(t.Context(), method, here+path[1], strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusNotFound || time.Now().After(deadline) {
			return string(got)
		}
	}
}

// steady is a command without the id and the times of the moment, and the port.
func steady(command string) string {
	for pattern, by := range map[string]string{
		`127\.0\.0\.1:\d+`:                   "…",
		`("(?:event_id|timestamp)":)"[^"]+"`: "$1…",
		`/events/[0-9a-f-]{36}`:              "/events/…",
	} {
		command = regexp.MustCompile(pattern).ReplaceAllString(command, by)
	}
	return command
}

// settled is an answer without the ids and times of the moment.
func settled(t *testing.T, answer string) any {
	t.Helper()
	volatile := regexp.MustCompile(`"(correlation_id|received_at|created_at|first_seen_at|last_seen_at)":"[^"]*"`)
	var v any
	if err := json.Unmarshal([]byte(volatile.ReplaceAllString(answer, `"$1":"…"`)), &v); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	return v
}
