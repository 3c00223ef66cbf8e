package stage

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
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
	if err := errors.Join(append(errs, apart(stages))...); err != nil {
		return nil, err
	}
	return stages, nil
}

// apart wants each stage to be called differently in metrics and tags, with its prefix.
func apart(stages []Stage) error {
	called := map[string]string{}
	for _, s := range stages {
		if other, is := called[s.Environment()]; is {
			return fmt.Errorf("stage %s: name_prefix must be another one: with it the stage is called %s in metrics and tags, as the stage %s is", s.Name, s.Environment(), other)
		}
		called[s.Environment()] = s.Name
	}
	return nil
}

// Parse reads one stage from its file's content. Returns an error that names each
// unknown, missing and unusable setting.
func Parse(name string, raw []byte) (Stage, error) {
	s := Stage{Name: name}
	var document yaml.Node
	if err := yaml.Unmarshal(raw, &document); err != nil {
		return s, fmt.Errorf("stage %s: %w", name, err)
	}
	faults := &faultList{stage: name}
	if len(document.Content) == 0 {
		faults.add("the file", "is empty: every setting is stated in it, see dev.yaml")
	} else {
		faults.fill(document.Content[0], reflect.ValueOf(&s).Elem(), "")
	}
	if len(faults.errs) == 0 {
		s.check(faults)
	}
	return s, errors.Join(faults.errs...)
}

// fill sets the fields of a struct from a mapping that states each of them once
// and nothing else.
func (l *faultList) fill(mapping *yaml.Node, into reflect.Value, prefix string) {
	if mapping.Kind != yaml.MappingNode {
		l.add(cmp.Or(strings.TrimSuffix(prefix, "."), "the file"), "must hold settings by their names (line %d)", mapping.Line)
		return
	}
	stated := map[string]*yaml.Node{}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key := mapping.Content[i]
		if _, twice := stated[key.Value]; twice {
			l.add(prefix+key.Value, "is stated twice (line %d)", key.Line)
		}
		stated[key.Value] = mapping.Content[i+1]
	}
	for _, f := range settings(into) {
		node := stated[f.name]
		delete(stated, f.name)
		switch {
		case node == nil || node.Tag == "!!null":
			l.add(prefix+f.name, "is missing: every setting is stated in the file")
		case f.value.Kind() == reflect.Struct:
			l.fill(node, f.value, prefix+f.name+".")
		case f.value.Kind() == reflect.Map && f.value.Type().Elem().Kind() == reflect.Struct:
			l.fillNamed(node, f.value, prefix+f.name)
		case f.value.Kind() == reflect.Slice || f.value.Kind() == reflect.Map:
			l.fillTexts(node, f.value, prefix+f.name)
		default:
			// The decoder alone would accept 1.5 as a whole number.
			if tag, what := wanted(f.value.Kind(), node.Tag); node.Tag != tag || node.Decode(f.value.Addr().Interface()) != nil {
				l.add(prefix+f.name, "must be %s, got %q (line %d)", what, node.Value, node.Line)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(stated)) {
		l.add(prefix+key, "is no setting (line %d)", stated[key].Line)
	}
}

// fillNamed sets groups of settings by their names, each of which states all of them.
// None is stated as {}, and read as nil.
func (l *faultList) fillNamed(node *yaml.Node, into reflect.Value, name string) {
	if node.Kind != yaml.MappingNode {
		l.add(name, "must hold groups of settings by their names, or be {} (line %d)", node.Line)
		return
	}
	if len(node.Content) == 0 {
		return
	}
	into.Set(reflect.MakeMap(into.Type()))
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, one := reflect.ValueOf(node.Content[i].Value), reflect.New(into.Type().Elem()).Elem()
		if into.MapIndex(key).IsValid() {
			l.add(name+"."+key.String(), "is stated twice (line %d)", node.Content[i].Line)
		}
		l.fill(node.Content[i+1], one, name+"."+key.String()+".")
		into.SetMapIndex(key, one)
	}
}

// fillTexts sets a list of texts, or texts by their names. None is stated as [] or
// {}, and read as nil.
func (l *faultList) fillTexts(node *yaml.Node, into reflect.Value, name string) {
	kind, step, what := yaml.SequenceNode, 1, "a list of texts, such as [a, b]"
	if into.Kind() == reflect.Map {
		kind, step, what = yaml.MappingNode, 2, "texts by their names, such as {a: b}"
	}
	if node.Kind != kind {
		l.add(name, "must be %s (line %d)", what, node.Line)
		return
	}
	for i := step - 1; i < len(node.Content); i += step {
		if value := node.Content[i]; value.Tag != "!!str" {
			l.add(name, "must be %s, got %q (line %d)", what, value.Value, value.Line)
			return
		}
	}
	if len(node.Content) == 0 {
		return
	}
	if err := node.Decode(into.Addr().Interface()); err != nil {
		l.add(name, "must be %s: %v", what, err)
	}
}

type setting struct {
	name  string
	value reflect.Value
}

// settings returns the fields that a file states, embedded ones among them.
func settings(of reflect.Value) []setting {
	var out []setting
	for field, value := range of.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case name == "-":
		case options == "inline":
			out = append(out, settings(value)...)
		default:
			out = append(out, setting{name, value})
		}
	}
	return out
}

// wanted returns YAML's tag of a kind, and its name. A number may be a whole one.
func wanted(kind reflect.Kind, stated string) (tag, what string) {
	switch kind {
	case reflect.Float64:
		if stated == "!!int" {
			return stated, "a number"
		}
		return "!!float", "a number"
	case reflect.Int:
		return "!!int", "a whole number"
	case reflect.Bool:
		return "!!bool", "true or false"
	default:
		return "!!str", "text (in quotes)"
	}
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
