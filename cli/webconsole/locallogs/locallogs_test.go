package locallogs_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cli/webconsole/locallogs"
	"github.com/fluxa/fluxa/local/logfile"
	"github.com/fluxa/fluxa/pkg/contract"
)

// next returns what is new, as "function line".
func next(t *testing.T, f *locallogs.Folder) []string {
	t.Helper()
	var out []string
	if err := f.Next(t.Context(), func(function contract.Function, line []byte) {
		out = append(out, string(function)+" "+string(line))
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

func folder(t *testing.T) (*locallogs.Folder, string) {
	t.Helper()
	dir := t.TempDir()
	f := locallogs.New(dir)
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, dir
}

func TestNext_hands_over_each_line_once_and_whole(t *testing.T) {
	t.Parallel()
	f, dir := folder(t)
	ingest, processor := filepath.Join(dir, "ingest.log"), filepath.Join(dir, "processor.log")
	for _, step := range []struct {
		does string
		do   func()
		want []string
	}{
		{"nothing is there", func() {}, nil},
		{"two files", func() { write(t, ingest, "one\ntwo\n"); write(t, processor, "three\n") }, []string{"ingest one", "ingest two", "processor three"}},
		{"nothing new", func() {}, nil},
		{"half a line", func() { write(t, ingest, "fo") }, nil},
		{"its end", func() { write(t, ingest, "ur\nfive\n") }, []string{"ingest four", "ingest five"}},
		{"a line that is too long", func() { write(t, ingest, strings.Repeat("x", 2<<20)+"\nsix\n") }, []string{"ingest six"}},
	} {
		step.do()
		if diff := cmp.Diff(step.want, next(t, f)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", step.does, diff)
		}
	}
}

func TestNext_goes_on_in_the_file_that_replaces_one_set_aside(t *testing.T) {
	t.Parallel()
	f, dir := folder(t)
	log, err := logfile.New(filepath.Join(dir, "ingest.log"), 20, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	put := func(text string) {
		if _, err := log.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	put("first line\n")
	if diff := cmp.Diff([]string{"ingest first line"}, next(t, f)); diff != "" {
		t.Error(diff)
	}
	put("second\n")
	put("third line\n") // the file is set aside before it
	if diff := cmp.Diff([]string{"ingest second", "ingest third line"}, next(t, f)); diff != "" {
		t.Error(diff)
	}
}

func TestNext_begins_near_the_end_of_a_long_file(t *testing.T) {
	t.Parallel()
	f, dir := folder(t)
	write(t, filepath.Join(dir, "ingest.log"), "old\n"+strings.Repeat(strings.Repeat("y", 99)+"\n", 50_000)+"last\n")
	got := next(t, f)
	if len(got) < 40_000 || len(got) > 42_000 || got[len(got)-1] != "ingest last" || len(got[0]) != len("ingest ")+99 {
		t.Errorf("%d lines, the first %q, the last %q", len(got), got[0], got[len(got)-1])
	}
}

func TestSearch_finds_the_lines_of_an_id(t *testing.T) {
	t.Parallel()
	f, dir := folder(t)
	write(t, filepath.Join(dir, "ingest.log.1"), `{"message":"a","event_id":"e<1"}`+"\n")
	write(t, filepath.Join(dir, "ingest.log"), `{"message":"e<1","event_id":"e2"}`+"\n"+`{"message":"b","correlation_id":"e<1"}`+"\n")
	write(t, filepath.Join(dir, "processor.log"), `{"message":"c","event_id":"e<1"}`+"\n"+`{"event_id":"e<12"}`)
	search := func(limit int) []string {
		lines, err := f.Search(t.Context(), []string{"e<1"}, limit)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, line := range lines {
			out = append(out, string(line[12:13]))
		}
		return out
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, search(10)); diff != "" {
		t.Error(diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Search(ctx, []string{"x"}, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("a search that nobody waits for: %v", err)
	}
}
