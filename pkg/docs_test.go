package pkg_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDocs_links_resolve demands of each relative link and picture in a Markdown
// file that the file exists, and the heading when it names one.
func TestDocs_links_resolve(t *testing.T) {
	const root = ".."
	link := regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"`)
	pages := 0
	walk(t, root, ".md", func(path string) {
		pages++
		for _, found := range link.FindAllStringSubmatch(prose(t, path), -1) {
			target := found[1] + found[2]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(target, "#")
			to := path
			if file != "" {
				to = filepath.Join(filepath.Dir(path), file)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s, which does not exist", path, target)
			} else if anchor != "" && !slices.Contains(anchors(prose(t, to)), anchor) {
				t.Errorf("%s links to %s, which has no such heading", path, target)
			}
		}
	})
	if pages < 10 {
		t.Errorf("found %d Markdown files only", pages)
	}
}

// walk visits each file of ours whose name ends so.
func walk(t *testing.T, root, suffix string, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"node_modules", "dist", "cdk.out"}, entry.Name())):
			return fs.SkipDir
		case !entry.IsDir() && strings.HasSuffix(path, suffix):
			visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// prose is a page without its blocks of code.
func prose(t *testing.T, path string) string {
	t.Helper()
	return regexp.MustCompile("(?ms)^ *```.*?^ *```").ReplaceAllString(read(t, path), "")
}

// anchors are the names that GitHub gives to headings.
func anchors(text string) (out []string) {
	drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for _, heading := range regexp.MustCompile(`(?m)^#+ +(.+)$`).FindAllStringSubmatch(text, -1) {
		name := drop.ReplaceAllString(strings.ToLower(heading[1]), "")
		out = append(out, strings.ReplaceAll(name, " ", "-"))
	}
	return out
}

// TestDocs_join_the_endpoint_and_a_path_with_a_slash holds for every page: the
// endpoint that a deployment tells ends in none.
func TestDocs_join_the_endpoint_and_a_path_with_a_slash(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	joined := regexp.MustCompile(`ENDPOINT\}"?[^/"\s)]`)
	for _, path := range append(pages, "../README.md") {
		if found := joined.FindString(read(t, path)); found != "" {
			t.Errorf("%s has %q: a path begins with a slash", path, found)
		}
	}
}

// TestDocs_name_tests_that_exist demands of each test that a page names that some package
// has it.
func TestDocs_name_tests_that_exist(t *testing.T) {
	const root = ".."
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	named := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z]\\w*)`")
	tests := map[string]bool{}
	walk(t, root, "_test.go", func(path string) {
		for _, found := range declared.FindAllStringSubmatch(read(t, path), -1) {
			tests[found[1]] = true
		}
	})
	names := 0
	walk(t, root, ".md", func(path string) {
		for _, found := range named.FindAllStringSubmatch(read(t, path), -1) {
			names++
			if !tests[found[1]] {
				t.Errorf("%s names %s, which does not exist", path, found[1])
			}
		}
	})
	if names < 40 {
		t.Errorf("found the names of %d tests only", names)
	}
}

// TestReadme_figures_are_those_of_the_pages demands of each bold figure in a table of the
// README that the page which its row links to has it.
func TestReadme_figures_are_those_of_the_pages(t *testing.T) {
	row := regexp.MustCompile(`(?m)^\|.*\*\*.*\]\((docs/[^)#]+)\) \|$`)
	bold := regexp.MustCompile(`\*\*([0-9.,]+)\*\*`)
	figures := 0
	for _, found := range row.FindAllStringSubmatch(read(t, "../README.md"), -1) {
		page := read(t, filepath.Join("..", found[1]))
		for _, figure := range bold.FindAllStringSubmatch(found[0], -1) {
			figures++
			if !regexp.MustCompile(`(^|[^0-9.,])` + regexp.QuoteMeta(figure[1]) + `([^0-9.,]|$)`).MatchString(page) {
				t.Errorf("the README has the figure %s, and %s does not", figure[1], found[1])
			}
		}
	}
	if figures < 5 {
		t.Errorf("found %d figures only", figures)
	}
}
