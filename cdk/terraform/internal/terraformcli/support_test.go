package terraformcli

import (
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
)

// shared has the provider built once for all tests of the package.
var shared *Terraform

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (int, error) {
	var err error
	if shared, err = New(context.Background(), cmp.Or(os.Getenv("TERRAFORM"), "terraform")); err != nil {
		return 1, err
	}
	return m.Run(), shared.Close()
}

// open opens a workspace with its modules installed.
func open(t *testing.T, dir string, computed schemaprovider.Computed) *Workspace {
	t.Helper()
	w, err := shared.Workspace(dir, computed)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// edited copies testdata/valid and replaces one text of it, which must be there
// exactly once.
func edited(t *testing.T, old, replacement string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "valid"))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "main.tf")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(raw), old); n != 1 {
		t.Fatalf("main.tf has %q %d times, want once", old, n)
	}
	write(t, path, strings.Replace(string(raw), old, replacement, 1))
	return dir
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// named are the variables of testdata/valid.
func named(name string, readers ...string) Variables {
	return Variables{"name": name, "readers": append([]string{}, readers...)}
}

// readSchema decodes the schema as the repository has it.
func readSchema(t *testing.T, into any) {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "schemaprovider", "aws-"+schemaprovider.Version+".schema.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(unpacked).Decode(into); err != nil {
		t.Fatal(err)
	}
}
