package pkg_test

import (
	"regexp"
	"strings"
	"testing"
)

func TestDocs_list_every_fuzz_target_and_no_other(t *testing.T) {
	t.Parallel()
	page := read(t, "../docs/proof/fuzzing.md")
	targets := map[string]bool{}
	walk(t, "..", "_test.go", func(path string) {
		for _, match := range regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F\)`).FindAllStringSubmatch(read(t, path), -1) {
			targets[match[1]] = true
			if !strings.Contains(page, "`"+match[1]+"`") {
				t.Errorf("%s has %s, which docs/proof/fuzzing.md does not list", path, match[1])
			}
		}
	})
	for _, match := range regexp.MustCompile("`(Fuzz\\w+)`").FindAllStringSubmatch(page, -1) {
		if !targets[match[1]] {
			t.Errorf("docs/proof/fuzzing.md lists %s, which is not a target", match[1])
		}
	}
}
