package terraform

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

// assembly is the cloud assembly of one stage.
type assembly struct {
	stage  string
	stacks []*template
}

// template is what one stack of a stage consists of.
type template struct {
	stage string
	stack string // without the stage: Network

	account, region string // each empty when the stack goes where its deployer points

	Description string                     `json:"Description"`
	Resources   map[string]templateEntry   `json:"Resources"`
	Outputs     map[string]templateOutput  `json:"Outputs"`
	Conditions  map[string]any             `json:"Conditions"`
	Mappings    map[string]map[string]any  `json:"Mappings"`
	Parameters  map[string]json.RawMessage `json:"Parameters"`
	Rules       map[string]json.RawMessage `json:"Rules"`

	order []string // of the resources
}

type templateEntry struct {
	Type                string         `json:"Type"`
	Properties          map[string]any `json:"Properties"`
	DeletionPolicy      string         `json:"DeletionPolicy"`
	UpdateReplacePolicy string         `json:"UpdateReplacePolicy"`
	UpdatePolicy        any            `json:"UpdatePolicy"`
	DependsOn           names          `json:"DependsOn"`
	Metadata            map[string]any `json:"Metadata"`
}

type templateOutput struct {
	Description string `json:"Description"`
	Value       any    `json:"Value"`
	Export      struct {
		Name string `json:"Name"`
	} `json:"Export"`
}

// names is one name or several.
type names []string

func (n *names) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*n = names{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(n))
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
		} `json:"properties"`
	} `json:"artifacts"`
}

// loadAssemblies reads the assemblies of all stages, in the order of their names.
func loadAssemblies(folder string) ([]*assembly, error) {
	var m manifest
	if err := readJSON(filepath.Join(folder, "manifest.json"), &m); err != nil {
		return nil, err
	}
	var out []*assembly
	for _, id := range sortedKeys(m.Artifacts) {
		if a := m.Artifacts[id]; a.Type == "cdk:cloud-assembly" {
			one, err := loadAssembly(filepath.Join(folder, a.Properties.DirectoryName), a.Properties.DisplayName)
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
	}
	if len(out) < 2 {
		return nil, fmt.Errorf("%s: has %d stages, and the export compares at least two: synthesize all of them", folder, len(out))
	}
	slices.SortFunc(out, func(a, b *assembly) int { return strings.Compare(a.stage, b.stage) })
	return out, nil
}

func loadAssembly(folder, stage string) (*assembly, error) {
	var m manifest
	if err := readJSON(filepath.Join(folder, "manifest.json"), &m); err != nil {
		return nil, err
	}
	a := &assembly{stage: stage}
	for _, id := range sortedKeys(m.Artifacts) {
		artifact := m.Artifacts[id]
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		t := &template{stage: stage, stack: strings.TrimPrefix(artifact.DisplayName, stage+"/")}
		account, region, is := strings.Cut(strings.TrimPrefix(artifact.Environment, "aws://"), "/")
		if !is {
			return nil, fmt.Errorf("stage %s: %s: environment must be aws://ACCOUNT/REGION, got %q", stage, id, artifact.Environment)
		}
		if account != "unknown-account" {
			t.account = account
		}
		if region != "unknown-region" {
			t.region = region
		}
		if err := t.load(filepath.Join(folder, artifact.Properties.TemplateFile)); err != nil {
			return nil, err
		}
		a.stacks = append(a.stacks, t)
	}
	return a, nil
}

func (t *template) load(path string) error {
	var sections map[string]json.RawMessage
	if err := readJSON(path, &sections); err != nil {
		return err
	}
	if err := readJSON(path, t); err != nil {
		return err
	}
	var errs []error
	for _, section := range sortedKeys(sections) {
		switch section {
		case "AWSTemplateFormatVersion", "Description", "Resources", "Outputs", "Conditions", "Mappings", "Parameters", "Rules":
		default:
			errs = append(errs, fmt.Errorf("stage %s: stack %s: the export does not know the section %s of a template", t.stage, t.stack, section))
		}
	}
	left := leftOut()
	for _, name := range sortedKeys(t.Parameters) {
		if _, known := left.parameters[name]; !known {
			errs = append(errs, fmt.Errorf("stage %s: stack %s: the parameter %s has no counterpart", t.stage, t.stack, name))
		}
	}
	for _, name := range sortedKeys(t.Rules) {
		if _, known := left.rules[name]; !known {
			errs = append(errs, fmt.Errorf("stage %s: stack %s: the rule %s has no counterpart", t.stage, t.stack, name))
		}
	}
	var err error
	t.order, err = keysInOrder(sections["Resources"])
	return errors.Join(append(errs, err)...)
}

func readJSON(path string, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the cloud assembly: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("read the cloud assembly: %s: %w", path, err)
	}
	return nil
}

// keysInOrder returns the keys of an object as they stand in the file, in which
// the CDK keeps the order of the program.
func keysInOrder(raw json.RawMessage) ([]string, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	var keys []string
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("read the resources: %w", err)
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("read the resources: %w", err)
		}
		var skipped json.RawMessage
		if err := decoder.Decode(&skipped); err != nil {
			return nil, fmt.Errorf("read the resources: %w", err)
		}
		keys = append(keys, key.(string))
	}
	return keys, nil
}
