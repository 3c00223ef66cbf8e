package soak

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// write makes a file of a size below a folder, with the folders above it.
func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTable_reads_what_proc_says(t *testing.T) {
	t.Parallel()
	proc := t.TempDir()
	for pid, parent := range map[int]int{10: 1, 11: 10, 12: 11, 20: 1} {
		folder := filepath.Join(proc, fmt.Sprint(pid))
		write(t, filepath.Join(folder, "status"), fmt.Appendf(nil, "Name:\tp%d\nPPid:\t%d\nVmRSS:\t  9000 kB\nRssAnon:\t  %d kB\n", pid, parent, pid))
		for fd := range pid - 9 {
			write(t, filepath.Join(folder, "fd", fmt.Sprint(fd)), nil)
		}
	}
	write(t, filepath.Join(proc, "uptime"), []byte("1 2"))
	if err := os.MkdirAll(filepath.Join(proc, "99"), 0o755); err != nil { // has ended: it has no status
		t.Fatal(err)
	}
	all, err := table(proc)
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, []int{10, 11, 12, 20}) {
		t.Fatalf("processes %v", got)
	}
	if got, want := all[11], (process{pid: 11, parent: 10, name: "p11", own: 11 << 10, descriptors: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	var pids []int
	for _, p := range family(all, 10) {
		pids = append(pids, p.pid)
	}
	if !slices.Equal(pids, []int{10, 11, 12}) {
		t.Errorf("the family of 10 is %v", pids)
	}
	if len(family(all, 99)) != 0 {
		t.Error("a process that has ended has a family")
	}
}

func TestTable_says_what_it_cannot_read(t *testing.T) {
	t.Parallel()
	proc := t.TempDir()
	write(t, filepath.Join(proc, "7", "status"), []byte("PPid:\tnone\n"))
	if _, err := table(proc); err == nil {
		t.Error("it was read")
	}
}

func TestFiles_sums_what_lies_below_the_third_element(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "stack", "sqs.db"), make([]byte, 5))
	write(t, filepath.Join(folder, "stack", "logs", "ingest.log"), make([]byte, 7))
	write(t, filepath.Join(folder, "postgres", "data", "base", "1", "1"), make([]byte, 11))
	write(t, filepath.Join(folder, "postgres", "data", "base", "2"), make([]byte, 13))
	got, err := files(folder)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]int64{"stack/sqs.db": 5, "stack/logs/ingest.log": 7, "postgres/data/base": 24}; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestRecord_names_what_grows(t *testing.T) {
	t.Parallel()
	r := Record{Trends: []Trend{{Name: "flat"}, {Name: "leak", Grows: true}}}
	if got := r.Growing(); len(got) != 1 || got[0].Name != "leak" || len(r.Trends) != 2 {
		t.Errorf("%+v grow of %+v", got, r.Trends)
	}
}
