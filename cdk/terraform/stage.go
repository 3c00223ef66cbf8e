package terraform

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// resource is a resource of one stage. Its key is its construct path without what
// names the stage, by which it is found again in the other stages.
type resource struct {
	key, id, kind string
	index         int // in its family
	properties    Object
	dependsOn     []string
}

// output is what a stack tells its users. Exports for other stacks are none.
type output struct {
	stack, name, description string
	value                    Value
	stages                   []string // that have it
}

// stage is one stage, understood.
type stage struct {
	name      string
	resources []*resource
	outputs   []output
}

// stageReader reads the templates of one stage.
type stageReader struct {
	tables   tables
	assembly *assembly
	keys     map[*template]map[string]string
	unique   *regexp.Regexp // a unique id of the CDK that begins with the stage
	word     *regexp.Regexp // the stage's name
}

// newStageReader names every resource of the stage.
func newStageReader(t tables, a *assembly) (*stageReader, error) {
	quoted := regexp.QuoteMeta(a.stage)
	r := &stageReader{
		tables: t, assembly: a, keys: map[*template]map[string]string{},
		unique: regexp.MustCompile(`\b` + regexp.QuoteMeta(strings.ReplaceAll(a.stage, "-", "")) + `([A-Z]\w*?)[0-9A-F]{8}\b`),
		word:   regexp.MustCompile(`\b` + quoted + `\b`),
	}
	var errs []error
	for _, stack := range a.stacks {
		errs = append(errs, r.name(stack))
	}
	return r, errors.Join(errs...)
}

func readStage(t tables, a *assembly) (*stage, error) {
	r, err := newStageReader(t, a)
	if err != nil {
		return nil, err
	}
	var errs []error
	out := &stage{name: a.stage}
	for _, stack := range a.stacks {
		for _, id := range stack.order {
			made, err := r.resource(stack, id)
			if err != nil {
				errs = append(errs, fmt.Errorf("stage %s: stack %s: %s: %w", a.stage, stack.stack, id, err))
			} else if made != nil {
				out.resources = append(out.resources, made)
			}
		}
		outputs, err := r.outputs(stack)
		errs, out.outputs = append(errs, err), append(out.outputs, outputs...)
	}
	r.gather(out)
	return out, errors.Join(errs...)
}

// name gives each resource of a stack its key.
func (r *stageReader) name(stack *template) error {
	r.keys[stack] = map[string]string{}
	taken := map[string]string{}
	for _, id := range stack.order {
		path, _ := stack.Resources[id].Metadata["aws:cdk:path"].(string)
		if path == "" {
			return fmt.Errorf("stage %s: stack %s: %s has no aws:cdk:path: synthesize with the path metadata", stack.stage, stack.stack, id)
		}
		key := strings.TrimPrefix(path, stack.stage+"/")
		key = r.word.ReplaceAllString(r.unique.ReplaceAllString(key, "$1"), "stage")
		if other, is := taken[key]; is {
			return fmt.Errorf("stage %s: stack %s: %s and %s have the same construct path %s", stack.stage, stack.stack, id, other, key)
		}
		taken[key], r.keys[stack][id] = id, key
	}
	return nil
}

// resource returns nil for a type that is left out as a whole.
func (r *stageReader) resource(stack *template, id string) (*resource, error) {
	entry := stack.Resources[id]
	m, err := r.tables.mapping(entry.Type)
	if err != nil {
		return nil, err
	}
	if m.left != "" {
		return nil, nil
	}
	in := lookup{r, stack}
	properties := Object{}
	for _, name := range sortedKeys(entry.Properties) {
		value, err := understand(in, entry.Properties[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if value != (noValue{}) {
			properties[name] = r.normal(stack, value)
		}
	}
	if err := policies(entry, properties); err != nil {
		return nil, err
	}
	if err := r.metadata(entry); err != nil {
		return nil, err
	}
	covered, err := m.cover("", properties)
	if err != nil {
		return nil, err
	}
	out := &resource{key: r.keys[stack][id], id: id, kind: entry.Type, properties: covered.(Object)}
	for _, name := range entry.DependsOn {
		key, known := r.keys[stack][name]
		if !known {
			return nil, fmt.Errorf("DependsOn: the stack has no resource %s", name)
		}
		out.dependsOn = append(out.dependsOn, key)
	}
	return out, nil
}

// policies turns the attributes of a resource that say what becomes of it into
// properties: @Retain, and @UpdatePolicy.
func policies(entry templateEntry, properties Object) error {
	deletion, replaced := entry.DeletionPolicy, entry.UpdateReplacePolicy
	if deletion != replaced {
		return fmt.Errorf("DeletionPolicy is %q and UpdateReplacePolicy %q: the export knows only both alike", deletion, replaced)
	}
	switch deletion {
	case "":
	case "Delete", "Retain":
		properties["@Retain"] = deletion == "Retain"
	default:
		return fmt.Errorf("DeletionPolicy: the export knows Delete and Retain, got %q", deletion)
	}
	if entry.UpdatePolicy != nil {
		properties["@UpdatePolicy"] = fmt.Sprint(entry.UpdatePolicy)
	}
	return nil
}

func (r *stageReader) metadata(entry templateEntry) error {
	for _, name := range sortedKeys(entry.Metadata) {
		if _, known := leftOut().metadata[name]; !known {
			return fmt.Errorf("the metadata %s of %s has no entry in the table of what is left out", name, entry.Type)
		}
	}
	return nil
}

func (r *stageReader) outputs(stack *template) ([]output, error) {
	var out []output
	for _, name := range sortedKeys(stack.Outputs) {
		o := stack.Outputs[name]
		if o.Export.Name != "" {
			continue
		}
		value, err := understand(lookup{r, stack}, o.Value)
		if err != nil {
			return nil, fmt.Errorf("stage %s: stack %s: output %s: %w", stack.stage, stack.stack, name, err)
		}
		out = append(out, output{stack: stack.stack, name: name, description: o.Description, value: r.normal(stack, value)})
	}
	return out, nil
}

// normal replaces what names the stage, and its account and region where these are
// fixed, so that the stages can be compared.
func (r *stageReader) normal(stack *template, v Value) Value {
	return rewrite(v, func(part Value) Value {
		literal, is := part.(string)
		if !is {
			return part
		}
		out := replaceIn(literal, regexp.MustCompile(`\barn:aws:`), text("arn:", Pseudo("AWS::Partition"), ":"))
		if stack.account != "" {
			out = replaceIn(out, regexp.MustCompile(`\b`+regexp.QuoteMeta(stack.account)+`\b`), Pseudo("AWS::AccountId"))
		}
		if stack.region != "" {
			out = replaceIn(out, regexp.MustCompile(`\b`+regexp.QuoteMeta(stack.region)), Pseudo("AWS::Region"))
		}
		return replaceIn(out, r.word, Variable("environment"))
	})
}

// replaceIn puts the value in the place of each match, in every string of v.
func replaceIn(v Value, what *regexp.Regexp, with Value) Value {
	return rewrite(v, func(part Value) Value {
		literal, is := part.(string)
		if !is {
			return part
		}
		var out []Value
		for i, piece := range what.Split(literal, -1) {
			if i > 0 {
				out = append(out, with)
			}
			out = append(out, piece)
		}
		replaced := text(out...)
		if whole, is := replaced.(Text); is && len(whole) == 1 {
			if _, is := with.(Pseudo); is {
				return with // as the template has it where it is not fixed
			}
		}
		return replaced
	})
}

// gather recognizes the members of families: the references of a member to its
// fellow, and lists of all members, in order.
func (r *stageReader) gather(s *stage) {
	size := map[string]int{}
	for _, one := range s.resources {
		if key, index := r.tables.member(one.key); key != "" {
			one.key, one.index = key, index
			size[key]++
		}
	}
	member := func(v Value) (Reference, int) {
		reference, is := v.(Reference)
		if !is {
			return reference, -1
		}
		key, index := r.tables.member(reference.Resource)
		if key == "" {
			return reference, -1
		}
		reference.Resource = key
		return reference, index
	}
	change := func(own int) func(Value) Value {
		return func(v Value) Value {
			if list, is := v.(List); is && len(list) > 0 {
				if first, _ := list[0].(Reference); first.Index == "0" && size[first.Resource] == len(list) {
					whole := true
					for i, item := range list {
						whole = whole && same(item, Reference{first.Resource, first.Attribute, strconv.Itoa(i)})
					}
					if whole {
						return Reference{first.Resource, first.Attribute, "*"}
					}
				}
			}
			reference, index := member(v)
			if index < 0 {
				return v
			}
			reference.Index = strconv.Itoa(index)
			if index == own {
				reference.Index = "count.index"
			}
			return reference
		}
	}
	for _, one := range s.resources {
		own := -1
		if size[one.key] > 0 {
			own = one.index
		}
		one.properties = rewrite(one.properties, change(own)).(Object)
		for i, key := range one.dependsOn {
			if family, _ := r.tables.member(key); family != "" {
				one.dependsOn[i] = family
			}
		}
	}
	for i := range s.outputs {
		s.outputs[i].value = rewrite(s.outputs[i].value, change(-1))
	}
}

// lookup finds the names of one template.
type lookup struct {
	reader *stageReader
	stack  *template
}

func (l lookup) reference(name string) (Value, error) { return l.attribute(name, "Ref") }

func (l lookup) attribute(name, attribute string) (Value, error) {
	key, known := l.reader.keys[l.stack][name]
	if !known {
		return nil, fmt.Errorf("the stack has no resource %s", name)
	}
	kind := l.stack.Resources[name].Type
	m, err := l.reader.tables.mapping(kind)
	if err != nil {
		return nil, err
	}
	if _, known := m.attributes[attribute]; !known {
		return nil, fmt.Errorf("%s: the table has no attribute %s of %s", name, attribute, kind)
	}
	return Reference{Resource: key, Attribute: attribute}, nil
}

func (l lookup) imported(name string) (Value, error) {
	for _, stack := range l.reader.assembly.stacks {
		for _, id := range sortedKeys(stack.Outputs) {
			if o := stack.Outputs[id]; o.Export.Name == name {
				return understand(lookup{l.reader, stack}, o.Value)
			}
		}
	}
	return nil, fmt.Errorf("no stack of the stage exports %s", name)
}

func (l lookup) condition(name string) (any, error) {
	definition, known := l.stack.Conditions[name]
	if !known {
		return nil, fmt.Errorf("the stack has no condition %s", name)
	}
	return definition, nil
}

func (l lookup) mapping(name string) (map[string]any, error) {
	mapping, known := l.stack.Mappings[name]
	if !known {
		return nil, fmt.Errorf("the stack has no mapping %s", name)
	}
	return mapping, nil
}
