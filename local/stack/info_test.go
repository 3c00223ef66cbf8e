package stack

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestInfo(t *testing.T) {
	t.Parallel()
	full := Info{
		PID: 42, APIURL: "http://127.0.0.1:8080", AWSEndpoint: "http://127.0.0.1:9000", DatabaseURL: "postgres://u:p@h/d",
		QueueURL: "http://q", DLQURL: "http://d", Bucket: "b", TopicARN: "arn:t", Region: "us-east-1", APIKey: "k", LogDir: "/l",
	}

	t.Run("what is written is read, and only the owner may read it", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		for _, info := range []Info{{PID: 1}, full} { // the second replaces the first
			if err := WriteInfo(dir, info); err != nil {
				t.Fatal(err)
			}
			got, err := ReadInfo(dir)
			if err != nil || !reflect.DeepEqual(got, info) {
				t.Fatalf("read %+v, %v; want %+v", got, err, info)
			}
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Fatalf("the folder holds %v, %v; want the one file", entries, err)
		}
		state, err := os.Stat(filepath.Join(dir, "stack.json"))
		if err != nil || state.Mode().Perm() != 0o600 {
			t.Fatalf("mode %v, %v; want 0600", state.Mode(), err)
		}
	})
	t.Run("the names are snake case", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := WriteInfo(dir, full); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "stack.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"pid", "api_url", "aws_endpoint", "database_url", "queue_url", "dlq_url", "bucket", "topic_arn", "region", "api_key", "log_dir"} {
			if !strings.Contains(string(text), `"`+name+`"`) {
				t.Errorf("%s is not in %s", name, text)
			}
		}
	})
	t.Run("no file is fs.ErrNotExist", func(t *testing.T) {
		t.Parallel()
		if _, err := ReadInfo(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("a damaged file is named", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "stack.json"), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadInfo(dir); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "stack.json")) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("a folder that is not there is an error", func(t *testing.T) {
		t.Parallel()
		if err := WriteInfo(filepath.Join(t.TempDir(), "no"), full); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("it is removed by the one who wrote it only", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := removeInfo(dir, 42); err != nil {
			t.Fatalf("nothing to remove: %v", err)
		}
		if err := WriteInfo(dir, full); err != nil {
			t.Fatal(err)
		}
		if err := removeInfo(dir, 41); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadInfo(dir); err != nil {
			t.Fatalf("another process removed it: %v", err)
		}
		if err := removeInfo(dir, 42); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadInfo(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("got %v after it was removed", err)
		}
	})
}
