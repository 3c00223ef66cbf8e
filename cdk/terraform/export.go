package terraform

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/merge"
)

// Files is what the export writes: contents by slash-separated paths.
type Files map[string][]byte

// Generate makes the Terraform of all stages of a cloud assembly. Returns an error
// that names every resource, property and difference for which the catalog has no
// entry.
func Generate(folder string) (Files, error) {
	made, err := export(catalog.New(), folder)
	if err != nil {
		return nil, err
	}
	return made.files, nil
}

// exported is an export with what it was made of.
type exported struct {
	files    Files
	stages   []*assembly.Stage
	platform *merge.Platform
	linker   *linker
	errs     []error
}

func export(c catalog.Catalog, folder string) (*exported, error) {
	stages, err := assembly.Read(c, folder)
	if err != nil {
		return nil, err
	}
	p, err := merge.Merge(c, stages)
	if err != nil {
		return nil, err
	}
	l, err := link(c, p)
	if err != nil {
		return nil, err
	}
	out := &exported{files: Files{}, stages: stages, platform: p, linker: l}
	if err := out.checkOutputs(); err != nil {
		return nil, err
	}
	return out, out.write()
}

// Write makes the folder hold the files and no other .tf file or example.
func (f Files) Write(folder string) error {
	stale, err := f.Differ(folder)
	if err != nil {
		return err
	}
	for _, name := range stale {
		path := filepath.Join(folder, filepath.FromSlash(name))
		content, wanted := f[name]
		if !wanted {
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("remove a file that the export no longer writes: %w", err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("write the Terraform: %w", err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return fmt.Errorf("write the Terraform: %w", err)
		}
	}
	return nil
}

// Differ returns the names of the files that the folder lacks, has otherwise, or
// has too many.
func (f Files) Differ(folder string) ([]string, error) {
	differing := map[string]bool{}
	for name, content := range f {
		there, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("compare the Terraform: %w", err)
		}
		if err != nil || !bytes.Equal(there, content) {
			differing[name] = true
		}
	}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == ".terraform" {
			return fs.SkipDir
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if _, wanted := f[name]; !wanted && written(name) {
			differing[name] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("compare the Terraform: %w", err)
	}
	return slices.Sorted(maps.Keys(differing)), nil
}

// written reports whether only the export writes a file. What else is in the folder
// is Terraform's or its user's.
func written(name string) bool {
	return slices.ContainsFunc([]string{".tf", ".tftest.hcl", ".tfvars.example", "/tests/empty.zip"}, func(end string) bool { return strings.HasSuffix(name, end) })
}
