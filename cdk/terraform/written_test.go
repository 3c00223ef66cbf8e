package terraform

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// written are the files of infra/terraform, parsed. That they are what the export
// writes is checked by its -check.
func writtenFiles(t *testing.T) map[string]*hclsyntax.Body {
	t.Helper()
	root := filepath.Join("..", "..", "infra", "terraform")
	out := map[string]*hclsyntax.Body{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".tf" {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, faults := hclsyntax.ParseConfig(raw, path, hcl.InitialPos)
		if faults.HasErrors() {
			return faults
		}
		out[strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(root)+"/")] = file.Body.(*hclsyntax.Body)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("found %d files in %s: the test looks in the wrong place", len(out), root)
	}
	return out
}

// eachText calls f with every text that a body writes out.
func eachText(body *hclsyntax.Body, f func(text string)) {
	for _, a := range body.Attributes {
		_ = hclsyntax.VisitAll(a.Expr, func(node hclsyntax.Node) hcl.Diagnostics {
			if literal, is := node.(*hclsyntax.LiteralValueExpr); is && literal.Val.Type().FriendlyName() == "string" {
				f(literal.Val.AsString())
			}
			return nil
		})
	}
	for _, b := range body.Blocks {
		eachText(b.Body, f)
	}
}

func TestWritten_has_no_hash_in_a_name(t *testing.T) {
	inText, inAddress := regexp.MustCompile(`[A-Za-z][0-9A-F]{8}\b`), regexp.MustCompile(`_[0-9a-f]*[0-9][0-9a-f]*$`)
	for name, body := range writtenFiles(t) {
		for _, b := range body.Blocks {
			if last := b.Labels; len(last) > 0 && len(inAddress.FindString(last[len(last)-1])) == 9 {
				t.Errorf("%s: %s %v", name, b.Type, b.Labels)
			}
		}
		eachText(body, func(text string) {
			if inText.MatchString(text) {
				t.Errorf("%s: %q", name, text)
			}
		})
	}
}

func TestWritten_names_every_role_and_security_group(t *testing.T) {
	named := map[string]bool{}
	for file, body := range writtenFiles(t) {
		for _, b := range body.Blocks {
			if b.Type != "resource" || b.Labels[0] != "aws_iam_role" && b.Labels[0] != "aws_security_group" {
				continue
			}
			named[b.Labels[0]] = true
			if b.Body.Attributes["name"] == nil {
				t.Errorf("%s: %s.%s has no name", file, b.Labels[0], b.Labels[1])
			}
		}
	}
	if len(named) != 2 {
		t.Errorf("found only %v", named)
	}
}

func TestWritten_has_no_construct_path_in_a_tag(t *testing.T) {
	path := regexp.MustCompile(`^/?[A-Z][A-Za-z]+/[A-Z]`)
	for name, body := range writtenFiles(t) {
		for _, b := range body.Blocks {
			if tags := b.Body.Attributes["tags"]; tags != nil {
				eachText(&hclsyntax.Body{Attributes: hclsyntax.Attributes{"tags": tags}}, func(text string) {
					if path.MatchString(text) {
						t.Errorf("%s: %v: %q", name, b.Labels, text)
					}
				})
			}
		}
	}
}

// An IAM role has at most 64 characters, whatever the stage and the region.
func TestOwnName_is_not_too_long(t *testing.T) {
	_, err := linked(t, longRole, longRole)
	if want := "AWS takes 64"; err == nil || !strings.Contains(fmt.Sprint(err), want) {
		t.Errorf("got %v, want it to say %q", err, want)
	}
}

func longRole(template string) string {
	return strings.Replace(template, "STAGE/Pipeline/Ingest/Role/Resource", "STAGE/Pipeline/"+strings.Repeat("Long", 10)+"/Role/Resource", 1)
}
