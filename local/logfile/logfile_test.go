package logfile

import (
	"os"
	"path/filepath"
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
