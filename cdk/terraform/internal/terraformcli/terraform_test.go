package terraformcli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"

	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
)

func TestNew_says_what_is_missing(t *testing.T) {
	t.Parallel()
	old := filepath.Join(t.TempDir(), "terraform")
	if err := os.WriteFile(old, []byte("#!/bin/sh\necho '{\"terraform_version\":\"1.5.7\"}'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ program, want string }{
		"no program": {
			"/nowhere/terraform",
			"find Terraform: exec: \"/nowhere/terraform\": stat /nowhere/terraform: no such file or directory: the Terraform export is checked with the real program, version 1.11.4 or another 1.x from 1.11.0 on: put it on PATH or name its path in TERRAFORM"},
		"too old": {
			old,
			old + " is Terraform 1.5.7: the checks need version 1.11.4 or another 1.x from 1.11.0 on: install it, or name its path in TERRAFORM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(t.Context(), test.program)
			if err == nil || err.Error() != test.want {
				t.Fatalf("error = %v\nwant   %s", err, test.want)
			}
		})
	}
}

func TestCommands_end_with_their_time(t *testing.T) {
	t.Parallel()
	limited := *shared
	limited.timeout = time.Millisecond
	w, err := limited.Workspace("testdata/valid", schemaprovider.Unknown)
	if err != nil {
		t.Fatal(err)
	}
	err = w.Validate(t.Context())
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "terraform validate in ") || !strings.Contains(err.Error(), "at the latest after 1ms") {
		t.Fatalf("error = %v", err)
	}
}

func TestFormat_lists_what_is_not_formatted(t *testing.T) {
	t.Parallel()
	if files, err := shared.Format(t.Context(), "testdata"); err != nil || len(files) != 0 {
		t.Errorf("files = %q, %v, want none", files, err)
	}
	dir := edited(t, "  timeout       = 90", "  timeout = 90")
	write(t, filepath.Join(dir, "topic", "more.tf"), "locals {\n  a = 1\n  bc = 2\n}\n")
	files, err := shared.Format(t.Context(), dir)
	if want := []string{"main.tf", "topic/more.tf"}; err != nil || !slices.Equal(files, want) {
		t.Errorf("files = %q, %v, want %q", files, err, want)
	}
}

// Terraform itself writes down the schema that the provider serves.
func TestProvider_serves_the_schema_as_it_is_in_the_file(t *testing.T) {
	t.Parallel()
	served, err := open(t, "testdata/valid", schemaprovider.Unknown).command.ProvidersSchema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &tfjson.ProviderSchemas{}
	readSchema(t, want)
	if diff := cmp.Diff(want.Schemas[schemaprovider.Address], served.Schemas[schemaprovider.Address], cmp.Comparer(cty.Type.Equals)); diff != "" {
		t.Errorf("-file +served: %s", diff[:min(len(diff), 2000)])
	}
}
