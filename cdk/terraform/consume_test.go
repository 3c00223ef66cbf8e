package terraform

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
)

// TestSubscription_of_the_page_is_valid has Terraform look at the example of
// docs/CONSUME.md.
func TestSubscription_of_the_page_is_valid(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/CONSUME.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, found := strings.Cut(string(page), "```hcl\n")
	example, _, ended := strings.Cut(example, "```\n")
	if !found || !ended {
		t.Fatal("docs/CONSUME.md has no example of Terraform")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := workspace(t, dir, schemaprovider.Unknown).Validate(t.Context()); err != nil {
		t.Error(err)
	}
}
