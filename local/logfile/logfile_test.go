package logfile

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestOpen_sets_a_long_log_aside(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.log")
	for _, want := range []struct{ size, aside int64 }{{0, 0}, {4, 0}, {0, 8}, {4, 8}} {
		file, err := Open(path, 7, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		info, err := file.Stat()
		if err != nil || info.Size() != want.size || info.Mode() != 0o600 {
			t.Fatalf("the log has %d bytes, mode %s, %v, want %d", info.Size(), info.Mode(), err, want.size)
		}
		if aside, err := os.Stat(path + ".1"); (err == nil) != (want.aside > 0) || (err == nil && aside.Size() != want.aside) {
			t.Errorf("the log aside is %v, %v, want %d bytes", aside, err, want.aside)
		}
		if _, err := file.WriteString("1234"); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLog_is_bounded_while_it_is_written(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.log")
	log := open(t, path)
	write := func(line string) {
		t.Helper()
		if n, err := log.Write([]byte(line)); n != len(line) || err != nil {
			t.Errorf("wrote %d bytes of %q, %v", n, line, err)
		}
	}
	for _, line := range []string{"1111\n", "2222\n", "333\n", "a line over the limit\n", "4\n"} {
		write(line)
	}
	expect(t, path, "4\n")
	expect(t, path+".1", "a line over the limit\n")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	log = open(t, path) // goes on where it ended
	write("55555\n")
	write("666\n")
	expect(t, path, "666\n")
	expect(t, path+".1", "4\n55555\n")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestLog_keeps_lines_whole_when_many_write(t *testing.T) {
	t.Parallel()
	log, err := New(filepath.Join(t.TempDir(), "a.log"), 1<<20, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if _, err := log.Write([]byte("line\n")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(log.path); err != nil || info.Size() != 8*100*5 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestLog_grows_where_it_cannot_be_set_aside(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.log")
	log := open(t, path)
	if err := os.Mkdir(path+".1", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, failed := range []bool{false, true, true} {
		if n, err := log.Write([]byte("12345678")); n != 8 || (err != nil) != failed {
			t.Errorf("wrote %d bytes, %v", n, err)
		}
	}
	expect(t, path, "123456781234567812345678")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, path string) *Log {
	t.Helper()
	log, err := New(path, 10, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func expect(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s has %q, %v, want %q", filepath.Base(path), got, err, want)
	}
}
