package stack_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/cdk/template"
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
	outputs     map[string]template.Value
	resources   map[string]*resource // by logical id
}

// resource is one resource of a template.
type resource struct {
	*template.Resource
	of   *synthesized
	Path string // of its construct below the stack, without the last "Resource"
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
		s.construct = made.Node().FindChild(jsii.String(s.name)).(awscdk.Stack)
		p.stacks[s.name] = s
	}
	parsed, err := p.parse()
	if err != nil {
		return nil, err
	}
	for _, stack := range parsed.Stacks {
		if err := p.stacks[stack.Name].take(stack); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// parse returns the stage's templates, read anew.
func (p *platform) parse() (*template.Stage, error) {
	var stacks []*template.Stack
	for _, name := range slices.Sorted(maps.Keys(p.stacks)) {
		s := &template.Stack{Name: name}
		s.StackName, _ = p.stacks[name].properties["stackName"].(string) // without one there is no prefix
		if err := s.Decode(p.stacks[name].raw); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		stacks = append(stacks, s)
	}
	return template.NewStage(p.settings.Name, stacks...)
}

func (s *synthesized) take(parsed *template.Stack) error {
	s.outputs, s.resources = map[string]template.Value{}, map[string]*resource{}
	for _, o := range parsed.Outputs {
		s.outputs[o.Name] = o.Value
	}
	for _, r := range parsed.Resources {
		parts := strings.Split(r.Path, "/")
		if last := len(parts) - 1; parts[last] == "Resource" || parts[last] == "Default" {
			parts = parts[:last]
		}
		if len(parts) < 3 {
			return fmt.Errorf("%s has the path %q", r.ID, r.Path)
		}
		s.resources[r.ID] = &resource{r, s, strings.Join(parts[2:], "/")}
	}
	return nil
}

// plain returns the value as encoding/json would decode it, with what it refers to
// written out: a reference to a resource is ${Stack/Path} or ${Stack/Path.Attribute},
// be it of this stack or an import from another.
func (s *synthesized) plain(value template.Value) any {
	written := template.Rewrite(value, func(part template.Value) template.Value {
		switch part := part.(type) {
		case template.Reference:
			return "${" + s.of.pathOf(part) + "}"
		case template.Pseudo:
			return "${" + string(part) + "}"
		case template.Element:
			if split, is := part.Of.(template.Call); is && split.Function == "Split" {
				return fmt.Sprintf("${part %v of %v}", part.Key, split.Arguments[1])
			}
		case template.Call:
			if split, is := part.Arguments[1].(template.Call); is && part.Function == "Join" && split.Function == "Split" {
				return fmt.Sprintf("${%v with %q for %q}", split.Arguments[1], part.Arguments[0], split.Arguments[0])
			}
		}
		return part
	})
	raw, err := json.Marshal(written)
	var out any
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic(err) // a value is JSON
	}
	return out
}

func (p *platform) pathOf(ref template.Reference) string {
	path := ref.Resource
	if r, known := p.stacks[ref.Stack].resources[ref.Resource]; known {
		path = ref.Stack + "/" + r.Path
	}
	if ref.Attribute != "Ref" {
		path += "." + ref.Attribute
	}
	return path
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
func (r *resource) plain(path ...string) any { return r.of.plain(r.At(path...)) }

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
	var out []string
	for _, id := range r.DependsOn {
		out = append(out, r.of.resources[id].Path)
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
