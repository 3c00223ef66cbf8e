package functions

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/bench"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

const repository = "../.."

// built is this version of the functions, compiled.
func built(t *testing.T) *Version {
	t.Helper()
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	v := &Version{Name: "now", Root: root, Profiled: true}
	if err := v.Build(t.Context(), t.TempDir(), t.Output()); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestMeasure runs every measurement once, with the real functions on a real PostgreSQL.
func TestMeasure(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has a clock for the processor time of another process")
	}
	v := built(t)
	hello, err := BuildHello(t.Context(), v.Root, t.TempDir(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	started, err := MeasureStarts(t.Context(), hello, []*Version{v}, 2)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range started {
		names = append(names, s.Wall.Contender)
		measured(t, s.Wall, 2)
		measured(t, s.CPU, 2)
	}
	if got, want := strings.Join(names, "; "), "hello world; ingest, now; processor, now; query, now"; got != want {
		t.Errorf("started %s, want %s", got, want)
	}
	stage, err := NewStage(t.Context(), v, pgtest.ServerURL(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stage.Close(); err != nil {
			t.Error(err)
		}
	})
	processed, err := MeasureProcessor(t.Context(), []*Stage{stage}, 100, 101, 2)
	if err != nil {
		t.Fatal(err)
	}
	measured(t, processed[0], 2)
	if stored, err := stage.stored(t.Context()); err != nil || stored != 2*700 || stage.topic.notified.Load() != 2*700 {
		t.Errorf("%d events stored, %d announced, want 1400: %v", stored, stage.topic.notified.Load(), err)
	}
	ingested, err := MeasureIngest(t.Context(), []*Stage{stage}, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	measured(t, ingested[0], 1)
	if stats, err := stage.queues.Stats(queueName); err != nil || stats.Visible != 510 {
		t.Errorf("on the queue %+v, want 510: %v", stats, err)
	}
	t.Run("a profile has where the time went", func(t *testing.T) {
		got, err := stage.ProfileIngest(t.Context(), 300, filepath.Join(t.TempDir(), "ingest.pprof"))
		if err != nil || got[PartQueue] <= 0 {
			t.Errorf("got %v, %v, want some of it for SQS's client", got, err)
		}
	})
	t.Run("an event that is not where it should be fails", func(t *testing.T) {
		_, err := measure(t.Context(), []*Stage{stage}, 1, 1, func(s *Stage, count int) (load, error) {
			l, err := s.ingestLoad(count)
			l.done = func(context.Context) (int, error) { return 7, nil }
			return l, err
		})
		if want := "ingest, now: 0 events are where they should be, want 501"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
	t.Run("so does a refused one", func(t *testing.T) {
		_, err := measure(t.Context(), []*Stage{stage}, 1, 1, func(s *Stage, count int) (load, error) {
			l, err := s.ingestLoad(count)
			l.payloads[3] = bytes.Replace(l.payloads[3], []byte(`\"currency\":`), []byte(`\"currencies\":`), 1)
			return l, err
		})
		if err == nil || !strings.Contains(err.Error(), "ingest, now: the answer is 422: ") {
			t.Errorf("got %v", err)
		}
	})
}

func measured(t *testing.T, s bench.Rates, runs int) {
	t.Helper()
	if len(s.Each) != runs || s.Low() <= 0 {
		t.Errorf("%s: %v, want %d values above zero", s.Contender, s.Each, runs)
	}
}

func TestNothingFailed(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"batchItemFailures":[]}`: "", `{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}`: "2 messages failed",
	} {
		if err := nothingFailed([]byte(answer)); (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%s: %v", answer, err)
		}
	}
	if err := errors.Join(nothingFailed([]byte(`<`)), accepted([]byte(`<`))); err == nil || strings.Count(err.Error(), "read the answer: ") != 2 {
		t.Errorf("error %v", err)
	}
}

func TestVersion_has_the_functions_of_its_source(t *testing.T) {
	t.Parallel()
	v := &Version{Name: "before", Root: t.TempDir()}
	if err := os.MkdirAll(filepath.Join(v.Root, "functions", "query"), 0o755); err != nil {
		t.Fatal(err)
	}
	if !v.has(contract.FunctionQuery) || v.has(contract.FunctionMaintain) {
		t.Error("the version has query and no other function")
	}
}

func TestBuild_fails_with_what_the_compiler_says(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "functions", "query"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "functions", "query", "main.go"), []byte("package main\nfunc main() { absent() }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module m\ngo 1.26.0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	v := &Version{Name: "broken", Root: root}
	err := v.Build(t.Context(), t.TempDir(), &log)
	if err == nil || !strings.HasPrefix(err.Error(), "compile ./functions/query: go: exit status 1") || !strings.Contains(err.Error(), "undefined: absent") ||
		!strings.Contains(log.String(), "undefined: absent") {
		t.Errorf("error %v, log %s", err, &log)
	}
}
