package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/pkg/buildflags"
	"github.com/fluxa/fluxa/pkg/contract"
)

// sources are the functions that are compiled from each folder of the repository.
type sources map[string][]contract.Function

// affect adds the functions that are compiled from the file, and reports whether there are
// any.
func (s sources) affect(path string, affected map[contract.Function]bool) bool {
	functions := s[filepath.Dir(path)]
	for _, function := range functions {
		affected[function] = true
	}
	return len(functions) > 0
}

// isSource is false for tests and for what editors keep beside a file while they save it.
func isSource(path string) bool {
	name := filepath.Base(path)
	return !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(name, "~") && strings.Contains(name, ".") && !strings.HasPrefix(name, ".")
}

// changedSince returns the sources in a folder that were written since then.
func changedSince(folder string, since time.Time) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue // gone meanwhile
		}
		if err != nil {
			return nil, err
		}
		if path := filepath.Join(folder, entry.Name()); isSource(path) && !info.ModTime().Before(since.Add(-clockStep)) {
			out = append(out, path)
		}
	}
	return out, nil
}

// listed is what go list tells of one package.
type listed struct {
	ImportPath, Dir  string
	Standard         bool
	Deps, EmbedFiles []string
}

// findSources asks the Go command. Packages that do not compile are no error.
func findSources(ctx context.Context, root string, functions []contract.Function) (sources, error) {
	arguments := append([]string{"list", "-e", "-deps", "-json=ImportPath,Dir,Standard,Deps,EmbedFiles"}, buildflags.All()...)
	text, err := run(ctx, root, append(arguments, folders(functions)...)...)
	if err != nil {
		return nil, fmt.Errorf("list the functions' sources: %w", err)
	}
	packages := map[string]listed{}
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("list the functions' sources: %w", err)
		}
		packages[p.ImportPath] = p
	}
	found := sources{}
	for _, function := range functions {
		own := filepath.Join(root, "functions", string(function))
		for _, p := range packages {
			if p.Dir != own {
				continue
			}
			for _, path := range append(p.Deps, p.ImportPath) {
				for _, folder := range packages[path].folders(root) {
					if !slices.Contains(found[folder], function) {
						found[folder] = append(found[folder], function)
					}
				}
			}
		}
	}
	return found, nil
}

// folders are those of the repository that the package has files in.
func (p listed) folders(root string) []string {
	if p.Standard || !strings.HasPrefix(p.Dir, root+string(filepath.Separator)) {
		return nil
	}
	out := []string{p.Dir}
	for _, file := range p.EmbedFiles {
		out = append(out, filepath.Dir(filepath.Join(p.Dir, file)))
	}
	return out
}

// folders are the packages of functions, as the Go command takes them.
func folders(functions []contract.Function) []string {
	out := make([]string, len(functions))
	for i, function := range functions {
		out[i] = "./functions/" + string(function)
	}
	return out
}
