package background

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRemoveData(t *testing.T) {
	t.Parallel()
	t.Run("removes what was claimed, with all in it", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "a", "data")
		if HasData(dir) {
			t.Fatal("there is data already")
		}
		for range 2 { // the second claim changes nothing
			if err := Claim(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "sqs.db"), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := RemoveData(dir); err != nil || HasData(dir) {
			t.Errorf("%v; still there: %v", err, HasData(dir))
		}
	})
	t.Run("refuses a folder that had other files", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Claim(dir); err != nil {
			t.Fatal(err)
		}
		if err := RemoveData(dir); err == nil || !strings.HasPrefix(err.Error(), dir+" is not removed: it was not made by `fluxa up`") {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, "thesis.txt")); err != nil {
			t.Error(err)
		}
	})
	t.Run("refuses where the working directory lies, even when it is marked", func(t *testing.T) {
		t.Parallel()
		here, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{here, filepath.Dir(here), "/", "."} {
			if err := RemoveData(dir); err == nil || !strings.Contains(err.Error(), "directory lies in it") {
				t.Errorf("%s: %v", dir, err)
			}
		}
	})
	t.Run("what is not there", func(t *testing.T) {
		t.Parallel()
		if err := RemoveData(filepath.Join(t.TempDir(), "no")); err == nil || !strings.HasPrefix(err.Error(), "remove the data: ") {
			t.Errorf("got %v", err)
		}
	})
}
