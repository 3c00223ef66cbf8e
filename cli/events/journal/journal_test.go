package journal

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestJournal_goes_on_where_all_before_is_done(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, rejects := filepath.Join(folder, "journal"), filepath.Join(folder, "rejects")
	open := func() *Journal {
		t.Helper()
		j, err := Open(path, rejects, "an input")
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	j := open()
	for line := int64(1); line <= 9; line += 2 { // every other one is empty
		j.Begin(line)
	}
	j.Accepted(1)
	j.Refused(5, []byte("five"))
	j.Refused(7, nil)
	if s := j.State(); s.NextLine != 2 || s.Accepted != 1 || s.Refused != 0 {
		t.Errorf("before line 3 is done: %+v", s)
	}
	j.Refused(3, []byte("three"))
	if s := j.State(); s.NextLine != 8 || s.Accepted != 1 || s.Refused != 3 {
		t.Errorf("after it: %+v", s)
	}
	if err := j.Close(true); err != nil {
		t.Fatal(err)
	}
	// What a process wrote after the last save is written anew by the next one.
	if err := os.WriteFile(rejects, []byte("three\nfive\nnine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := open()
	if s := again.State(); s.Complete || s.NextLine != 8 || s.Key != j.State().Key {
		t.Errorf("opened again: %+v", s)
	}
	again.Begin(9)
	again.Refused(9, []byte("nine"))
	if err := again.Close(true); err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(rejects); err != nil || string(kept) != "three\nfive\nnine\n" {
		t.Errorf("rejects %q, %v", kept, err)
	}
	if err := os.WriteFile(rejects, []byte("mended"), 0o600); err != nil {
		t.Fatal(err)
	}
	whole := open()
	if err := whole.Close(true); err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(rejects); err != nil || string(kept) != "mended" {
		t.Errorf("rejects of a whole import become %q, %v", kept, err)
	}
	if s := whole.State(); !s.Complete || s.NextLine != 10 || s.Refused != 4 {
		t.Errorf("at the end: %+v", s)
	}
}

func TestJournal_counts_each_line_once_in_any_order(t *testing.T) {
	t.Parallel()
	const lines = 3*interval + 7
	folder := t.TempDir()
	path := filepath.Join(folder, "journal")
	j, err := Open(path, filepath.Join(folder, "rejects"), "an input")
	if err != nil {
		t.Fatal(err)
	}
	for from := int64(1); from <= lines; from += 100 {
		to := min(from+99, lines)
		for line := from; line <= to; line++ {
			j.Begin(line)
		}
		for _, i := range rand.Perm(int(to - from + 1)) {
			if line := from + int64(i); line%10 == 0 {
				j.Refused(line, []byte("x"))
			} else {
				j.Accepted(line)
			}
		}
	}
	var saved State
	if text, err := os.ReadFile(path); err != nil || json.Unmarshal(text, &saved) != nil || saved.NextLine <= 2*interval {
		t.Errorf("without a Close, %+v is saved, %v", saved, err)
	}
	if s := j.State(); s.Accepted+s.Refused != lines || s.Refused != lines/10 || s.RejectsSize != 2*(lines/10) {
		t.Errorf("%+v", s)
	}
}

func TestOpen_refuses_what_is_not_its_own(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, rejects := filepath.Join(folder, "journal"), filepath.Join(folder, "rejects")
	j, err := Open(path, rejects, "one input")
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(false); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, rejects, "another"); err == nil || !strings.Contains(err.Error(), "is of another input (one input, and this is another)") {
		t.Errorf("another input: %v", err)
	}
	if err := os.WriteFile(path, []byte(`{"input":"one input","key":"k","next_line":7,"rejects_size":3}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, rejects, "one input"); err == nil || !strings.Contains(err.Error(), "has 0 bytes, the journal knows of 3") {
		t.Errorf("rejects that are gone: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, rejects, "one input"); err == nil || !strings.HasPrefix(err.Error(), "open the file of rejects: ") {
		t.Errorf("rejects of somebody else: %v", err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, rejects, "one input"); err == nil || !strings.HasPrefix(err.Error(), "read the journal "+path) {
		t.Errorf("a journal that is broken: %v", err)
	}
}
