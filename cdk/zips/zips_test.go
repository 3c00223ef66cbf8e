package zips_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/zips"
)

// repository makes a folder that looks like the repository, with a target of its
// own in the place of the packager.
func repository(t *testing.T, recipe string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "functions", "cmd", "package"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "Makefile"), []byte("package:\n\t"+recipe+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestBuild_refuses_a_folder_that_is_not_the_repository(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	folder, err := zips.Build(t.Context(), root, t.Output())
	want := root + " is not the repository of Fluxa: it has no functions/cmd/package; run the CDK from the folder of cdk.json"
	if folder != "" || err == nil || err.Error() != want {
		t.Errorf("got  %q, %v\nwant %s", folder, err, want)
	}
}

func TestBuild_returns_the_folder_that_the_packager_wrote(t *testing.T) {
	t.Parallel()
	root := repository(t, "@mkdir -p $(DIST) && echo packed > $(DIST)/ingest.zip && echo packing ingest")
	var log bytes.Buffer
	folder, err := zips.Build(t.Context(), root, &log)
	if err != nil {
		t.Fatal(err)
	}
	if folder != filepath.Join(root, "dist") || !strings.Contains(log.String(), "packing ingest\n") {
		t.Errorf("the folder is %s, the log %q", folder, &log)
	}
	if raw, err := os.ReadFile(filepath.Join(folder, "ingest.zip")); string(raw) != "packed\n" {
		t.Errorf("the zip has %q, %v", raw, err)
	}
}

func TestBuild_fails_with_the_packager_and_passes_on_what_it_said(t *testing.T) {
	t.Parallel()
	root := repository(t, "@echo 'ingest/main.go:3: undefined: nothing' >&2; exit 1")
	var log bytes.Buffer
	folder, err := zips.Build(t.Context(), root, &log)
	if folder != "" || err == nil || !strings.HasPrefix(err.Error(), "build the functions: exit status ") {
		t.Errorf("got %q, %v", folder, err)
	}
	if !strings.Contains(log.String(), "ingest/main.go:3: undefined: nothing") {
		t.Errorf("the log is %q", &log)
	}
}

func TestBuild_ends_with_its_context(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := zips.Build(ctx, repository(t, "@touch built"), t.Output()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the context is cancelled", err)
	}
}
