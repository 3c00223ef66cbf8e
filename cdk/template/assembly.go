package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Read reads the stages of a cloud assembly, in the order of their names. Returns
// an error when it has none, and for each template that cannot be understood.
func Read(folder string) ([]*Stage, error) {
	m, err := readManifest(folder)
	if err != nil {
		return nil, err
	}
	var out []*Stage
	var errs []error
	for _, id := range sortedKeys(m.Artifacts) {
		a := m.Artifacts[id]
		if a.Type != "cdk:cloud-assembly" {
			continue
		}
		stage, err := readStage(filepath.Join(folder, a.Properties.DirectoryName), a.Properties.DisplayName)
		out, errs = append(out, stage), append(errs, err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no stage: synthesize the app", folder)
	}
	slices.SortFunc(out, func(a, b *Stage) int { return strings.Compare(a.Name, b.Name) })
	return out, errors.Join(errs...)
}

type manifest struct {
	Artifacts map[string]struct {
		Type        string `json:"type"`
		DisplayName string `json:"displayName"`
		Environment string `json:"environment"`
		Properties  struct {
			DirectoryName string `json:"directoryName"`
			DisplayName   string `json:"displayName"`
			TemplateFile  string `json:"templateFile"`
			StackName     string `json:"stackName"`
		} `json:"properties"`
	} `json:"artifacts"`
}

func readManifest(folder string) (m manifest, err error) {
	path := filepath.Join(folder, "manifest.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		return m, fmt.Errorf("read the cloud assembly: %w", err)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("read the cloud assembly: %s: %w", path, err)
	}
	return m, nil
}

func readStage(folder, name string) (*Stage, error) {
	m, err := readManifest(folder)
	if err != nil {
		return nil, err
	}
	var stacks []*Stack
	for _, id := range sortedKeys(m.Artifacts) {
		a := m.Artifacts[id]
		if a.Type != "aws:cloudformation:stack" {
			continue
		}
		account, region, is := strings.Cut(strings.TrimPrefix(a.Environment, "aws://"), "/")
		if !is {
			return nil, fmt.Errorf("stage %s: %s: environment must be aws://ACCOUNT/REGION, got %q", name, id, a.Environment)
		}
		s := &Stack{
			Name: strings.TrimPrefix(a.DisplayName, name+"/"), StackName: a.Properties.StackName,
			File: filepath.Join(folder, a.Properties.TemplateFile),
		}
		if account != "unknown-account" {
			s.Account = account
		}
		if region != "unknown-region" {
			s.Region = region
		}
		raw, err := os.ReadFile(s.File)
		if err != nil {
			return nil, fmt.Errorf("read the cloud assembly: %w", err)
		}
		if err := s.Decode(raw); err != nil {
			return nil, fmt.Errorf("stage %s: stack %s: %w", name, s.Name, err)
		}
		stacks = append(stacks, s)
	}
	return NewStage(name, stacks...)
}

// keysInOrder returns the keys of an object as they stand in the file, in which
// the CDK keeps the order of the program.
func keysInOrder(raw json.RawMessage) ([]string, error) {
	if raw == nil {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	var keys []string
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var skipped json.RawMessage
		if err := decoder.Decode(&skipped); err != nil {
			return nil, err
		}
		keys = append(keys, key.(string))
	}
	return keys, nil
}
