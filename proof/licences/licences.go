// Package licences lists what the shipped programs are made of, under which licence each
// part is, and refuses what the policy does not allow.
//
// A licence is recognized by its text, with the library that pkg.go.dev uses, never by what
// a module says of itself. Nothing is asked of the network: the modules are those in the
// module cache that the programs are compiled from.
package licences

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// Programs are what is shipped: the functions, the command line, and the PostgreSQL that it
// starts.
func Programs() []string {
	return []string{"./functions/...", "./cli/cmd/fluxa", "./local/cmd/fluxa-postgres"}
}

// own is the prefix of the modules whose licence is the repository's.
const own = "github.com/fluxa/fluxa/"

// covered is how many percent of a licence file have to be the words of known licences. The
// rest are names of authors and years.
const covered = 75

// Part is a module, the standard library, or an embedded file.
type Part struct {
	Name    string
	Version string
	SPDX    []string // the licences of its text, sorted
	Texts   []string // its licence files and its notices
}

// Modules returns the modules that programs link on AWS and in the image: Linux, without C.
// The standard library is one of them.
func Modules(ctx context.Context, root string, programs []string) ([]Part, error) {
	arguments := append([]string{"list", "-deps", "-json=Module,Name,Standard", "-tags", "lambda.norpc"}, programs...)
	cmd := exec.CommandContext(ctx, "go", arguments...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", strings.Join(arguments, " "), err, stderr.String())
	}
	folders := map[string]Part{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Module *struct{ Path, Version, Dir string }
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read what go list prints: %w", err)
		}
		if p.Module != nil && !strings.HasPrefix(p.Module.Path, own) {
			folders[p.Module.Dir] = Part{Name: p.Module.Path, Version: p.Module.Version}
		}
	}
	goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	folders[strings.TrimSpace(string(goroot))] = Part{Name: "Go's standard library", Version: "of the compiler"}
	var parts []Part
	for folder, p := range folders {
		if err := p.read(folder); err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	slices.SortFunc(parts, func(a, b Part) int { return cmp.Compare(a.Name, b.Name) })
	return parts, nil
}

// read reads the licence files and the notices at the top of a folder.
func (p *Part) read(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("look for the licence of %s: %w", p.Name, err)
	}
	for _, e := range entries {
		kind := strings.ToUpper(e.Name())
		isLicence := slices.ContainsFunc([]string{"LICENSE", "LICENCE", "UNLICENSE", "COPYING"}, func(name string) bool { return strings.HasPrefix(kind, name) })
		if e.IsDir() || !isLicence && !strings.HasPrefix(kind, "NOTICE") || strings.HasSuffix(kind, ".GO") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return fmt.Errorf("read the licence of %s: %w", p.Name, err)
		}
		p.add(text, isLicence)
	}
	return nil
}

// add adds a text, and of a licence its names. A text that is not known has none.
func (p *Part) add(text []byte, isLicence bool) {
	p.Texts = append(p.Texts, strings.TrimSpace(string(text)))
	if !isLicence {
		return
	}
	found := licensecheck.Scan(text)
	if found.Percent < covered {
		p.SPDX = append(p.SPDX, unknown)
	}
	for _, m := range found.Match {
		if !m.IsURL {
			p.SPDX = append(p.SPDX, m.ID)
		}
	}
	slices.Sort(p.SPDX)
	p.SPDX = slices.Compact(p.SPDX)
}

// unknown stands for a text that is no licence the library knows.
const unknown = "unknown"
