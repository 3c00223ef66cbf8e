package stack_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/stage"
)

// object is a JSON object: a part of a template, or what is expected of one.
type object = map[string]any

// The stacks of a stage, in the order in which they are deployed.
const (
	network       = "Network"
	data          = "Data"
	pipeline      = "Pipeline"
	observability = "Observability"
)

// platform is a stage as it was synthesized.
type platform struct {
	settings stage.Stage
	out      string // the app's cloud assembly
	folder   string // the stage's, below it
	missing  []any  // what the CDK would have to look up in the account
	stacks   map[string]*synthesized
}

// synthesized is one stack: the construct, and what was written for it.
type synthesized struct {
	of         *platform
	name       string
	construct  awscdk.Stack
	properties object // of its artifact in the manifest

	environment string // aws://account/region
	raw         []byte
	outputs     map[string]output
	resources   map[string]*resource // by logical id
}

type output struct {
	Value  any
	Export struct{ Name any }
}

// resource is one resource of a template.
type resource struct {
	of   *synthesized
	ID   string
	Path string // of its construct below the stack, without the last "Resource"

	Type                string
	Properties          object
	Metadata            object
	DependsOn           any
	DeletionPolicy      string
	UpdateReplacePolicy string
	UpdatePolicy        object
}

type manifest struct {
	Artifacts map[string]struct {
		Type        string
		Environment string
		DisplayName string
		Properties  object
	}
	Missing []any
}

func readPlatform(made awscdk.Stage, settings stage.Stage, out string) (*platform, error) {
	p := &platform{
		settings: settings, out: out, folder: filepath.Join(out, "assembly-"+settings.Name), stacks: map[string]*synthesized{},
	}
	var m manifest
	if err := readJSON(filepath.Join(p.folder, "manifest.json"), &m); err != nil {
		return nil, err
	}
	p.missing = m.Missing
	for _, artifact := range m.Artifacts {
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		s := &synthesized{of: p, name: strings.TrimPrefix(artifact.DisplayName, settings.Name+"/"), properties: artifact.Properties, environment: artifact.Environment}
		var err error
		if s.raw, err = os.ReadFile(filepath.Join(p.folder, artifact.Properties["templateFile"].(string))); err != nil {
			return nil, err
		}
		if err := s.read(); err != nil {
			return nil, fmt.Errorf("%s: %w", artifact.DisplayName, err)
		}
		s.construct = made.Node().FindChild(jsii.String(s.name)).(awscdk.Stack)
		p.stacks[s.name] = s
	}
	return p, nil
}

func (s *synthesized) read() error {
	var template struct {
		Resources map[string]*resource
		Outputs   map[string]output
	}
	if err := json.Unmarshal(s.raw, &template); err != nil {
		return err
	}
	s.resources, s.outputs = template.Resources, template.Outputs
	for id, r := range s.resources {
		path, _ := r.Metadata["aws:cdk:path"].(string)
		r.of, r.ID = s, id
		parts := strings.Split(path, "/")
		if last := len(parts) - 1; parts[last] == "Resource" || parts[last] == "Default" {
			parts = parts[:last]
		}
		if len(parts) < 3 {
			return fmt.Errorf("%s has the path %q", id, path)
		}
		r.Path = strings.Join(parts[2:], "/")
	}
	return nil
}

// plain returns the value with its intrinsic functions written out: a reference
// to a resource is ${Stack/Path} or ${Stack/Path.Attribute}, be it of this stack or
// an import from another, and text that is joined is one text.
func (s *synthesized) plain(value any) any {
	switch value := value.(type) {
	case []any:
		out := make([]any, len(value))
		for i, each := range value {
			out[i] = s.plain(each)
		}
		return out
	case object:
		if len(value) == 1 {
			for function, argument := range value {
				if text, known := s.written(function, argument); known {
					return text
				}
			}
		}
		out := object{}
		for key, each := range value {
			out[key] = s.plain(each)
		}
		return out
	}
	return value
}

func (s *synthesized) written(function string, argument any) (text any, known bool) {
	switch function {
	case "Ref":
		return "${" + s.pathOf(argument.(string)) + "}", true
	case "Fn::GetAtt":
		parts := argument.([]any)
		return fmt.Sprintf("${%s.%s}", s.pathOf(parts[0].(string)), parts[1]), true
	case "Fn::Join":
		var joined strings.Builder
		parts := argument.([]any)
		for i, part := range parts[1].([]any) {
			if i > 0 {
				joined.WriteString(parts[0].(string))
			}
			fmt.Fprint(&joined, s.plain(part))
		}
		return joined.String(), true
	case "Fn::Sub":
		return argument, true
	case "Fn::Select":
		parts := argument.([]any)
		split, is := parts[1].(object)
		if list, isSplit := split["Fn::Split"].([]any); is && isSplit {
			return fmt.Sprintf("${part %v of %v}", parts[0], s.plain(list[1])), true
		}
	case "Fn::ImportValue":
		for _, other := range s.of.stacks {
			for _, o := range other.outputs {
				if o.Export.Name == argument {
					return other.plain(o.Value), true
				}
			}
		}
		return fmt.Sprintf("${no stack exports %s}", argument), true
	}
	return nil, false
}

func (s *synthesized) pathOf(id string) string {
	if r, known := s.resources[id]; known {
		return s.name + "/" + r.Path
	}
	return id
}

// all returns the resources of a type in the order of their paths, of every stack.
func (p *platform) all(kind string) []*resource {
	var out []*resource
	for _, name := range []string{network, data, pipeline, observability} {
		out = append(out, p.stacks[name].all(kind)...)
	}
	return out
}

// all returns the resources of a type in the order of their paths.
func (s *synthesized) all(kind string) []*resource {
	var out []*resource
	for _, r := range s.resources {
		if r.Type == kind {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *resource) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// at returns the resource of the path, such as Events/Queue.
func (s *synthesized) at(t *testing.T, path string) *resource {
	t.Helper()
	for _, r := range s.resources {
		if r.Path == path {
			return r
		}
	}
	t.Fatalf("%s/%s has no resource %s: %q", s.of.settings.Name, s.name, path,
		slices.Sorted(func(yield func(string) bool) {
			for _, r := range s.resources {
				if !yield(r.Path) {
					return
				}
			}
		}))
	return nil
}

// plain returns a property, written out; see synthesized.plain. It is nil when
// there is none.
func (r *resource) plain(path ...string) any {
	var value any = r.Properties
	for _, key := range path {
		inner, is := value.(object)
		if !is {
			return nil
		}
		value = inner[key]
	}
	return r.of.plain(value)
}

// text is plain of a property that is text, "" when there is none.
func (r *resource) text(path ...string) string {
	text, _ := r.plain(path...).(string)
	return text
}

func (r *resource) String() string {
	return fmt.Sprintf("%s/%s/%s (%s)", r.of.of.settings.Name, r.of.name, r.Path, r.Type)
}

// dependsOn returns the paths of what the resource says it waits for.
func (r *resource) dependsOn() []string {
	var ids []any
	switch on := r.DependsOn.(type) {
	case string:
		ids = []any{on}
	case []any:
		ids = on
	}
	var out []string
	for _, id := range ids {
		out = append(out, strings.TrimPrefix(r.of.pathOf(id.(string)), r.of.name+"/"))
	}
	slices.Sort(out)
	return out
}

// partition and region are as the templates of the stage say them.
func (p *platform) partition() string {
	if p.settings.Region == "" {
		return "${AWS::Partition}"
	}
	return "aws"
}

func (p *platform) region() string {
	if p.settings.Region == "" {
		return "${AWS::Region}"
	}
	return p.settings.Region
}
