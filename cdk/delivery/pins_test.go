package delivery_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// matching returns the repository's files that fit one of the patterns, with their text.
func matching(t *testing.T, patterns ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) == 0 {
			t.Errorf("no file is %s: the test looks in the wrong place", pattern)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out[strings.TrimPrefix(file, root+"/")] = string(raw)
		}
	}
	return out
}

var (
	baseImage   = regexp.MustCompile(`(?m)^FROM\s+(?:--\S+\s+)*(\S+)`)
	namedImage  = regexp.MustCompile(`(?m)(?:^\s*(?:- )?(?:image|container):\s+["']?|\bdocker run (?:-\S+ )*)([^\s"']+)`)
	pinnedImage = regexp.MustCompile(`^[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}$`)
)

// unpinnedImages looks for those that a Dockerfile is made from, a workflow or a compose file
// runs, or a page tells to run.
func unpinnedImages(file, text string) (unpinned []string, seen int) {
	named := namedImage
	if filepath.Base(file) == "Dockerfile" {
		named = baseImage
	}
	for _, match := range named.FindAllStringSubmatch(text, -1) {
		seen++
		if !pinnedImage.MatchString(match[1]) {
			unpinned = append(unpinned, match[1])
		}
	}
	return unpinned, seen
}

// A tag is another image tomorrow.
func TestImages_are_pinned_by_digest(t *testing.T) {
	seen := 0
	for file, text := range matching(t, "Dockerfile", "docker-compose.yml", ".github/*/*.yml", ".github/actions/*/*.yml", "docs/*.md", "README.md") {
		unpinned, n := unpinnedImages(file, text)
		seen += n
		for _, name := range unpinned {
			t.Errorf("%s: %s: must have its tag and its digest", file, name)
		}
	}
	if seen != 3 {
		t.Errorf("found %d images, want those of the Dockerfile and of docker-compose.yml", seen)
	}
}

func TestImages_that_are_not_pinned_are_found(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("a", 64)
	for text, want := range map[string]int{
		"FROM a:1" + digest + " AS b\n":               0,
		"  image: a/b:1" + digest:                     0,
		"FROM a:1\n":                                  1,
		"FROM --platform=linux/arm64 a:1\n":           1,
		"FROM a" + digest:                             1,
		"    image: a:latest\n":                       1,
		"      - image: \"a:1\"\n":                    1,
		"    container: a:1\n":                        1,
		"`docker run --rm a:1`":                       1,
		"FROM a:1@sha256:abc\nFROM b:2" + digest[:60]: 2,
	} {
		file := "ci.yml"
		if strings.HasPrefix(text, "FROM") {
			file = "Dockerfile"
		}
		if unpinned, _ := unpinnedImages(file, text); len(unpinned) != want {
			t.Errorf("%q: found %q, want %d", text, unpinned, want)
		}
	}
}

// installs are the ways to get a tool whose bytes nobody has named before.
var installs = map[string]*regexp.Regexp{
	"pip install without --require-hashes": regexp.MustCompile(`\bpip3? install\b(.*)`),
	"npm install, which takes what is new": regexp.MustCompile(`\bnpm (?:install|i|add|update)\b(.*)`),
	"npx, which may download":              regexp.MustCompile(`\bnpx\b(.*)`),
	"a version that moves":                 regexp.MustCompile(`@(?:latest|main|master)\b(.*)`),
}

func unpinnedTools(text string) (found []string) {
	for line := range strings.Lines(text) {
		for what, pattern := range installs {
			if rest := pattern.FindStringSubmatch(line); rest != nil && !strings.Contains(rest[1], "--require-hashes") && !strings.Contains(rest[1], "--no-install") {
				found = append(found, what+": "+strings.TrimSpace(line))
			}
		}
	}
	return found
}

func TestTools_are_installed_as_pinned(t *testing.T) {
	for file, text := range matching(t, "Makefile", "scripts/*.sh", ".ci/run", ".github/*/*.yml", ".github/actions/*/*.yml", "Dockerfile") {
		for _, line := range unpinnedTools(text) {
			t.Errorf("%s: %s", file, line)
		}
	}
	for file, text := range matching(t, "requirements/*.txt") {
		for _, line := range unhashed(text) {
			t.Errorf("%s: %s has no hash", file, line)
		}
	}
	for file, text := range matching(t, "package.json", "requirements/node/package.json", "clients/typescript/package.json") {
		for _, name := range ranges(t, text) {
			t.Errorf("%s: %s must have one version, not a range", file, name)
		}
	}
	for file, text := range matching(t, "package-lock.json", "requirements/node/package-lock.json", "clients/typescript/package-lock.json") {
		for _, name := range unverified(t, text) {
			t.Errorf("%s: %s has no integrity", file, name)
		}
	}
}

func TestTools_that_are_not_pinned_are_found(t *testing.T) {
	for text, want := range map[string]int{
		"\t.venv/bin/pip install --require-hashes -r x.txt": 0,
		"run: npm ci":                                         0,
		"npx --no-install cdk synth":                          0,
		"pip install moto==5.2.5":                             1,
		"run: npm install -g aws-cdk@2.1":                     1,
		"npx cdk synth":                                       1,
		"go run example.org/tool@latest":                      1,
		"pip install a\nnpm i b\nuses: actions/checkout@main": 3,
	} {
		if found := unpinnedTools(text); len(found) != want {
			t.Errorf("%q: found %q, want %d", text, found, want)
		}
	}
	if found := unhashed("a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\nb==2\nc>=3 \\\n    --hash=sha256:00\n# d\n"); !slices.Equal(found, []string{"b==2", "c>=3"}) {
		t.Errorf("without a hash, or with a range: %q", found)
	}
	if found := ranges(t, `{"devDependencies":{"a":"1.2.3","b":"^1.2.3","c":"*"},"dependencies":{"d":"~1.0.0"}}`); !slices.Equal(found, []string{"b", "c", "d"}) {
		t.Errorf("ranges: %q", found)
	}
	if found := unverified(t, `{"packages":{"":{},"node_modules/a":{"integrity":"sha512-x"},"node_modules/b":{"version":"1"}}}`); !slices.Equal(found, []string{"node_modules/b"}) {
		t.Errorf("without integrity: %q", found)
	}
}

// unhashed returns the requirements of pip that have no hash, or no single version.
func unhashed(text string) (found []string) {
	pending := ""
	exact := regexp.MustCompile(`^[\w.\[\]-]+==[\w.+!-]+`)
	for scanner := bufio.NewScanner(strings.NewReader(text)); scanner.Scan(); {
		line := strings.TrimSpace(strings.TrimSuffix(scanner.Text(), "\\"))
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "--hash=sha256:"):
			pending = ""
		default:
			if pending != "" {
				found = append(found, pending)
			}
			if pending = line; !exact.MatchString(line) {
				found, pending = append(found, line), ""
			}
		}
	}
	if pending != "" {
		found = append(found, pending)
	}
	slices.Sort(found)
	return found
}

// ranges returns the packages of npm that are named by more than one version.
func ranges(t *testing.T, text string) (found []string) {
	t.Helper()
	var p map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	exact := regexp.MustCompile(`^(npm:[\w@/.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$`)
	for _, kind := range []string{"dependencies", "devDependencies", "optionalDependencies"} {
		var versions map[string]string
		if p[kind] == nil {
			continue
		}
		if err := json.Unmarshal(p[kind], &versions); err != nil {
			t.Fatal(err)
		}
		for name, version := range versions {
			if !exact.MatchString(version) {
				found = append(found, name)
			}
		}
	}
	slices.Sort(found)
	return found
}

// unverified returns the packages of a lock of npm that have no integrity.
func unverified(t *testing.T, text string) (found []string) {
	t.Helper()
	var lock struct {
		Packages map[string]struct {
			Integrity string `json:"integrity"`
			Link      bool   `json:"link"`
		} `json:"packages"`
	}
	if err := json.Unmarshal([]byte(text), &lock); err != nil {
		t.Fatal(err)
	}
	for name, p := range lock.Packages {
		if name != "" && p.Integrity == "" && !p.Link {
			found = append(found, name)
		}
	}
	return found
}
