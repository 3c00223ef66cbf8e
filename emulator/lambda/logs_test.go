package lambda

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestLogs(t *testing.T) {
	t.Parallel()
	t.Run("every_line_of_the_process_arrives", func(t *testing.T) {
		t.Parallel()
		var logs syncBuffer
		f := newFunction(t, func(c *Config) { c.Logs = &logs })
		invokeOK(t, f, event(t, map[string]any{"mode": "log", "text": "one\r\ntwo\n\nlast without an end"}))
		if err := f.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := "initializing\none\ntwo\n\nlast without an end\n"
		if got := logs.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("lines_of_concurrent_processes_stay_whole", func(t *testing.T) {
		t.Parallel()
		var logs bytes.Buffer // the race detector tells of concurrent Writes
		f := newFunction(t, func(c *Config) { c.Logs = &logs })
		line := strings.Repeat("abc", 5_000)
		var running sync.WaitGroup
		for range 4 {
			running.Go(func() {
				invokeOK(t, f, event(t, map[string]any{"mode": "log", "text": strings.Repeat(line+"\n", 20)}))
			})
		}
		running.Wait()
		if err := f.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		whole := 0
		for got := range strings.SplitSeq(strings.TrimSpace(logs.String()), "\n") {
			switch got {
			case line:
				whole++
			case "initializing":
			default:
				t.Errorf("a line of %d bytes", len(got))
			}
		}
		if whole != 80 {
			t.Errorf("%d whole lines, want 80", whole)
		}
	})
	t.Run("the_tail_of_a_failed_invocation_is_complete", func(t *testing.T) {
		t.Parallel()
		f := newFunction(t, nil)
		out := invoke(t, f, event(t, map[string]any{"mode": "panic", "text": "boom"}))
		if len(out.LogTail) < 3 || out.LogTail[0] != "initializing" || !strings.Contains(out.LogTail[1], `"errorMessage":"boom"`) {
			t.Errorf("tail %q", out.LogTail)
		}
	})
}

func TestLineWriter(t *testing.T) {
	t.Parallel()
	var logs bytes.Buffer
	writer := &lineWriter{sink: newLogSink(Config{Logs: &logs, Logger: slog.New(slog.DiscardHandler)}), tail: &logTail{}}
	for _, part := range []string{"a", "b\nc", "\n\n", "d"} {
		if n, err := writer.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if got := logs.String(); got != "ab\nc\n\n" {
		t.Errorf("before the flush %q", got)
	}
	writer.flush()
	writer.flush()
	if got := logs.String(); got != "ab\nc\n\nd\n" {
		t.Errorf("after the flush %q", got)
	}

	logs.Reset()
	if _, err := writer.Write([]byte(strings.Repeat("x", 2*maxLineBytes+5) + "\n")); err != nil {
		t.Fatal(err)
	}
	var lengths []int
	for line := range strings.SplitSeq(strings.TrimSuffix(logs.String(), "\n"), "\n") {
		lengths = append(lengths, len(line))
	}
	if want := []int{maxLineBytes, maxLineBytes, 5}; !slices.Equal(lengths, want) {
		t.Errorf("lengths %v, want %v", lengths, want)
	}
}

func TestLogTail(t *testing.T) {
	t.Parallel()
	var tail logTail
	for range 3 {
		tail.add(strings.Repeat("a", 2_000))
	}
	tail.add("last")
	if lines := tail.snapshot(); len(lines) != 3 || lines[2] != "last" {
		t.Errorf("%d lines: %.20q", len(lines), lines)
	}
	tail.add(strings.Repeat("ä", 10_000))
	lines := tail.snapshot()
	if len(lines) != 1 || lines[0] != strings.Repeat("ä", 2_047) {
		t.Errorf("%d lines, the first of %d bytes", len(lines), len(lines[0]))
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestABrokenLogIsReportedOnce(t *testing.T) {
	t.Parallel()
	var reported bytes.Buffer
	sink := newLogSink(Config{Name: "echo", Logs: brokenWriter{}, Logger: slog.New(slog.NewTextHandler(&reported, nil))})
	sink.writeLine([]byte("a"))
	sink.writeLine([]byte("b"))
	if got := strings.Count(reported.String(), "disk full"); got != 1 {
		t.Errorf("reported %d times: %s", got, reported.String())
	}
}

func TestCompleteTrace(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"a_full_one_stays":          {"Root=1-a-b;Parent=c;Sampled=0", "Root=1-a-b;Parent=c;Sampled=0"},
		"lineage_stays":             {"Root=1-a-b;Parent=c;Sampled=0;Lineage=1:x:0", "Root=1-a-b;Parent=c;Sampled=0;Lineage=1:x:0"},
		"the_rest_is_added":         {"Root=1-a-b", "Root=1-a-b;Parent=PARENT;Sampled=1"},
		"a_parent_is_added":         {"Root=1-a-b; Sampled=1", "Root=1-a-b;Sampled=1;Parent=PARENT"},
		"without_a_root_it_is_new":  {"Parent=c", "Root=NEW;Parent=PARENT;Sampled=1"},
		"line_breaks_make_it_new":   {"Root=1-a-b\r\nX: y", "Root=NEW;Parent=PARENT;Sampled=1"},
		"an_empty_root_makes_it_so": {"Root=;Sampled=0", "Root=NEW;Parent=PARENT;Sampled=1"},
	}
	for name, test := range tests {
		got := completeTrace(test.in, time.Unix(0x5759e988, 0))
		for field := range strings.SplitSeq(got, ";") {
			key, value, _ := strings.Cut(field, "=")
			if key == "Parent" && len(value) == 16 {
				got = strings.Replace(got, value, "PARENT", 1)
			}
			if key == "Root" && len(value) == 35 && strings.HasPrefix(value, "1-5759e988-") {
				got = strings.Replace(got, value, "NEW", 1)
			}
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
