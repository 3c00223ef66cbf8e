package cost_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fluxa/fluxa/cdk/template"
)

// reviewed returns the files of the templates that the tests of the stacks demand of
// a stage.
func reviewed(stage string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join("..", "stack", "testdata", stage+"-*.template.json"))
	if err == nil && len(files) != 4 {
		err = fmt.Errorf("the stage %s has the templates %q, want four", stage, files)
	}
	return files, err
}

// stages are read once.
var stages = sync.OnceValues(func() (map[string]*template.Stage, error) {
	out := map[string]*template.Stage{}
	for _, stage := range []string{"dev", "prod"} {
		files, err := reviewed(stage)
		if err != nil {
			return nil, err
		}
		var stacks []*template.Stack
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			s := &template.Stack{Name: filepath.Base(file)}
			if err := s.Decode(raw); err != nil {
				return nil, err
			}
			stacks = append(stacks, s)
		}
		if out[stage], err = template.NewStage(stage, stacks...); err != nil {
			return nil, err
		}
	}
	return out, nil
})

func templates(t *testing.T, stage string) *template.Stage {
	t.Helper()
	all, err := stages()
	if err != nil {
		t.Fatal(err)
	}
	return all[stage]
}

// assembly writes a cloud assembly whose templates are the reviewed ones.
func assembly(t *testing.T) string {
	t.Helper()
	type object = map[string]any
	folder, artifacts := t.TempDir(), object{}
	write := func(artifacts object, path ...string) {
		t.Helper()
		raw, err := json.Marshal(object{"artifacts": artifacts})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(append([]string{folder}, path...)...), raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, stage := range []string{"dev", "prod"} {
		artifacts[stage] = object{"type": "cdk:cloud-assembly", "properties": object{"directoryName": stage, "displayName": stage}}
		stacks := object{}
		files, err := reviewed(stage)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			absolute, err := filepath.Abs(file)
			if err != nil {
				t.Fatal(err)
			}
			below, err := filepath.Rel(filepath.Join(folder, stage), absolute)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(filepath.Base(file), ".template.json")
			stacks[name] = object{
				"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "displayName": stage + "/" + name,
				"properties": object{"templateFile": below},
			}
		}
		if err := os.Mkdir(filepath.Join(folder, stage), 0o755); err != nil {
			t.Fatal(err)
		}
		write(stacks, stage, "manifest.json")
	}
	write(artifacts, "manifest.json")
	return folder
}
