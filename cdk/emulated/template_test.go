package emulated_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type object = map[string]any

// resource is one of a template. ID is what the stack says it is called, empty
// when the stack does not have it.
type resource struct {
	Stack, LogicalID, Type, ID string
	Properties                 object // as the template has them, references resolved
}

// template is that of one stack.
type template struct {
	Stack     string `json:"-"`
	Resources map[string]struct {
		Type       string
		Properties object
	}
}

// readTemplates reads the templates of the stage in a cloud assembly.
func readTemplates(assembly, stage string) ([]template, error) {
	folder := filepath.Join(assembly, "assembly-"+stage)
	var manifest struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct{ TemplateFile, StackName string }
		}
	}
	if err := readJSON(filepath.Join(folder, "manifest.json"), &manifest); err != nil {
		return nil, err
	}
	var templates []template
	for _, artifact := range manifest.Artifacts {
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		read := template{Stack: artifact.Properties.StackName}
		if err := readJSON(filepath.Join(folder, artifact.Properties.TemplateFile), &read); err != nil {
			return nil, err
		}
		templates = append(templates, read)
	}
	if len(templates) == 0 {
		return nil, fmt.Errorf("%s has no stack", folder)
	}
	return templates, nil
}

func readJSON(path string, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// references are what a template's values may refer to.
type references struct {
	ref       func(name string) (string, error)
	attribute func(name, attribute string) (string, error)
	export    func(name string) (string, error)
	zones     func() ([]any, error)
}

// resolve returns the value with CloudFormation's functions replaced by what they
// stand for. It is an error to meet a function that it does not know.
func (r references) resolve(value any) (any, error) {
	switch value := value.(type) {
	case []any:
		out := make([]any, len(value))
		for i, each := range value {
			var err error
			if out[i], err = r.resolve(each); err != nil {
				return nil, err
			}
		}
		return out, nil
	case object:
		for name, argument := range value {
			if len(value) == 1 && (name == "Ref" || strings.HasPrefix(name, "Fn::")) {
				return r.call(name, argument)
			}
		}
		out := make(object, len(value))
		for name, each := range value {
			var err error
			if out[name], err = r.resolve(each); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		return out, nil
	}
	return value, nil
}

func (r references) call(function string, argument any) (any, error) {
	switch function {
	case "Ref":
		return r.ref(fmt.Sprint(argument))
	case "Fn::GetAtt":
		name := argument.([]any)
		return r.attribute(fmt.Sprint(name[0]), fmt.Sprint(name[1]))
	case "Fn::GetAZs":
		return r.zones()
	}
	argument, err := r.resolve(argument)
	if err != nil {
		return nil, err
	}
	switch function {
	case "Fn::ImportValue":
		return r.export(fmt.Sprint(argument))
	case "Fn::Sub":
		return r.substitute(fmt.Sprint(argument))
	}
	arguments, _ := argument.([]any)
	if len(arguments) != 2 {
		return nil, fmt.Errorf("%s of %v is not known here", function, argument)
	}
	list, _ := arguments[1].([]any)
	switch function {
	case "Fn::Join":
		parts := make([]string, len(list))
		for i, each := range list {
			parts[i] = fmt.Sprint(each)
		}
		return strings.Join(parts, fmt.Sprint(arguments[0])), nil
	case "Fn::Select":
		if at, is := arguments[0].(float64); is && int(at) < len(list) {
			return list[int(at)], nil
		}
		return nil, fmt.Errorf("Fn::Select finds no %v in %v", arguments[0], list)
	case "Fn::Split":
		var parts []any
		for part := range strings.SplitSeq(fmt.Sprint(arguments[1]), fmt.Sprint(arguments[0])) {
			parts = append(parts, part)
		}
		return parts, nil
	}
	return nil, fmt.Errorf("%s is not known here", function)
}

// substitute replaces each ${Name}.
func (r references) substitute(text string) (any, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, after, _ := strings.Cut(rest, "}")
		value, err := r.ref(name)
		if err != nil {
			return nil, err
		}
		out.WriteString(value)
		text = after
	}
}

func TestReferencesAreResolved(t *testing.T) {
	t.Parallel()
	unknown := errors.New("unknown")
	refs := references{
		ref: func(name string) (string, error) {
			if name == "None" {
				return "", unknown
			}
			return "ref-" + name, nil
		},
		attribute: func(name, attribute string) (string, error) { return name + "/" + attribute, nil },
		export:    func(name string) (string, error) { return "export-" + name, nil },
		zones:     func() ([]any, error) { return []any{"a", "b"}, nil },
	}
	for name, test := range map[string]struct {
		template, want string
		err            string
	}{
		"a value":             {template: `{"A":[1,true,"x"]}`, want: `{"A":[1,true,"x"]}`},
		"a reference":         {template: `{"A":{"Ref":"B"}}`, want: `{"A":"ref-B"}`},
		"an attribute":        {template: `{"Fn::GetAtt":["B","Arn"]}`, want: `"B/Arn"`},
		"a text of parts":     {template: `{"Fn::Join":["-",["a",{"Ref":"B"},1]]}`, want: `"a-ref-B-1"`},
		"an import":           {template: `{"Fn::ImportValue":"s:B"}`, want: `"export-s:B"`},
		"names in a text":     {template: `{"Fn::Sub":"a-${AWS::Region}-${B}"}`, want: `"a-ref-AWS::Region-ref-B"`},
		"a part of a text":    {template: `{"Fn::Select":[1,{"Fn::Split":[":",{"Fn::GetAtt":["B","x:y"]}]}]}`, want: `"y"`},
		"a zone":              {template: `{"Fn::Select":[0,{"Fn::GetAZs":""}]}`, want: `"a"`},
		"what is not there":   {template: `{"A":{"Ref":"None"}}`, err: "A: unknown"},
		"past the end":        {template: `{"Fn::Select":[2,{"Fn::GetAZs":""}]}`, err: "Fn::Select finds no 2 in [a b]"},
		"an unknown function": {template: `{"Fn::If":["C",1]}`, err: "Fn::If is not known here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var template, want any
			if err := json.Unmarshal([]byte(test.template), &template); err != nil {
				t.Fatal(err)
			}
			if test.want != "" {
				if err := json.Unmarshal([]byte(test.want), &want); err != nil {
					t.Fatal(err)
				}
			}
			got, err := refs.resolve(template)
			if diff := cmp.Diff(test.err, message(err)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
