package stage

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed *.yaml
var files embed.FS

// All returns every stage, in the order of their names. Returns an error that
// names each setting that cannot be used, with what it must be.
func All() ([]Stage, error) { return load(files) }

func load(from fs.FS) ([]Stage, error) {
	names, err := fs.Glob(from, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the stages: %w", err)
	}
	var (
		stages []Stage
		errs   []error
	)
	for _, name := range names {
		raw, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, fmt.Errorf("read the stage: %w", err)
		}
		s, err := Parse(strings.TrimSuffix(path.Base(name), ".yaml"), raw)
		stages, errs = append(stages, s), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return stages, nil
}

// Parse reads one stage from its file's content. Returns an error that names each
// unknown, missing and unusable setting.
func Parse(name string, raw []byte) (Stage, error) {
	s := Stage{Name: name}
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	decoder.KnownFields(true)
	if err := decoder.Decode(&s); err != nil {
		return s, fmt.Errorf("stage %s: %w", name, err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(raw, &document); err != nil {
		return s, fmt.Errorf("stage %s: %w", name, err)
	}
	faults := &faultList{stage: name}
	for _, field := range missing(document.Content[0], reflect.TypeFor[Stage](), "") {
		faults.add(field, "is missing: every setting is stated in the file")
	}
	if len(faults.errs) == 0 {
		s.check(faults)
	}
	return s, errors.Join(faults.errs...)
}

// missing returns the paths of the fields that the mapping does not state.
func missing(mapping *yaml.Node, t reflect.Type, prefix string) []string {
	var out []string
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case name == "-":
		case options == "inline":
			out = append(out, missing(mapping, field.Type, prefix)...)
		default:
			value := find(mapping, name)
			switch {
			case value == nil:
				out = append(out, prefix+name)
			case field.Type.Kind() == reflect.Struct:
				out = append(out, missing(value, field.Type, prefix+name+".")...)
			}
		}
	}
	return out
}

func find(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// faultList gathers what is wrong with one stage.
type faultList struct {
	stage string
	errs  []error
}

func (l *faultList) add(field, format string, args ...any) {
	l.errs = append(l.errs, fmt.Errorf("stage %s: %s %s", l.stage, field, fmt.Sprintf(format, args...)))
}

func (l *faultList) require(good bool, field, format string, args ...any) {
	if !good {
		l.add(field, format, args...)
	}
}

func (l *faultList) between(value, low, high int, field string) {
	l.require(value >= low && value <= high, field, "must be %d to %d, got %d", low, high, value)
}
