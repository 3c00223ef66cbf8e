package usage

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// process is what /proc has of a process: the ticks are those of user, system, user of
// ended children and system of ended children.
func process(name, parent, ticks, memory string) (stat, status *fstest.MapFile) {
	line := "1 (" + name + ") S " + parent + " 1 1 0 -1 4194560 100 200 300 400 " + ticks + " 20 0 9 0 1234 5678 90\n"
	text := "Name:\t" + name + "\nVmPeak:\t 999999 kB\n"
	if memory != "" {
		text += "VmHWM:\t" + memory + "\n"
	}
	return &fstest.MapFile{Data: []byte(line)}, &fstest.MapFile{Data: []byte(text + "VmRSS:\t      10 kB\n")}
}

func table(processes map[string][4]string) fstest.MapFS {
	out := fstest.MapFS{"meminfo": {Data: []byte("MemTotal: 1 kB\n")}, "self": {Data: []byte("1")}}
	for pid, p := range processes {
		out[pid+"/stat"], out[pid+"/status"] = process(p[0], p[1], p[2], p[3])
	}
	return out
}

func TestOf_sums_a_process_and_its_descendants(t *testing.T) {
	t.Parallel()
	proc := table(map[string][4]string{
		"1":   {"init", "0", "900 900 900 900", "5000 kB"},
		"10":  {"fluxa", "1", "100 50 20 5", "  1000 kB"},
		"11":  {"ingest", "10", "10 0 0 0", " 200 kB"},
		"12":  {"a (b) c) 7 8", "11", "1 1 1 1", " 30 kB"},
		"13":  {"zombie", "10", "2 0 0 0", ""},
		"20":  {"postgres", "1", "700 0 0 0", "9000 kB"},
		"110": {"queue", "1", "3 0 0 0", "4 kB"},
	})
	for _, test := range []struct {
		name   string
		roots  []int
		ticks  int
		memory int64
	}{
		{"one", []int{110}, 3, 4 << 10},
		{"with its descendants, one of which has ended", []int{10}, 175 + 10 + 4 + 2, 1230 << 10},
		{"two", []int{10, 110}, 191 + 3, 1234 << 10},
		{"one that is a descendant of the other counts once", []int{10, 11}, 191, 1230 << 10},
	} {
		got, err := Reader{proc}.Of(test.roots...)
		if want := (Usage{time.Duration(test.ticks) * 10 * time.Millisecond, test.memory}); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", test.name, got, err, want)
		}
	}
}

func TestOf_says_what_cannot_be_read(t *testing.T) {
	t.Parallel()
	good := func() fstest.MapFS {
		return table(map[string][4]string{"10": {"fluxa", "1", "100 50 20 5", "1000 kB"}})
	}
	for _, test := range []struct {
		name, file, text, want string
		root                   int
	}{
		{"no such process", "", "", "process 11: there is no such process", 11},
		{"no name", "10/stat", "10 fluxa S 1", "no name in parentheses", 10},
		{"cut off", "10/stat", "10 (fluxa) S 1 1 1", "4 fields after the name", 10},
		{"parent", "10/stat", "10 (fluxa) S x 1 1 0 -1 0 0 0 0 0 1 1 1 1", "its parent", 10},
		{"time", "10/stat", "10 (fluxa) S 1 1 1 0 -1 0 0 0 0 0 1 x 1 1", "its processor time", 10},
		{"memory", "10/status", "VmHWM:\t1000 pages\n", `VmHWM is "1000 pages"`, 10},
	} {
		proc := good()
		if test.file != "" {
			proc[test.file] = &fstest.MapFile{Data: []byte(test.text)}
		}
		if _, err := (Reader{proc}).Of(test.root); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}

func TestMeter_sees_the_memory_of_a_child_and_the_end_of_a_process(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc")
	}
	child := exec.CommandContext(t.Context(), "sleep", "600")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	both := Watch(t.Context(), NewReader(), os.Getpid())
	peak, err := both.Stop()
	if err != nil || peak < 1<<20 || peak > 1<<40 {
		t.Errorf("the peak is %d bytes, %v", peak, err)
	}
	doomed := Watch(t.Context(), NewReader(), child.Process.Pid)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Error("the child ended well")
	}
	if _, err := doomed.Stop(); err == nil || !strings.Contains(err.Error(), "no such process") {
		t.Errorf("a process that died: error %v", err)
	}
}
