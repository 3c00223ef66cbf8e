// Package adopted reads the templates of a stage that uses another database than its
// own, as the setting database.adopted says, as if it used its own. So those who compare
// stages, or follow what a function reaches, need not know of the other one.
package adopted

import (
	"strings"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/pkg/contract"
)

// attributes are those for which the metadata of a database has another instance's, by
// their names there.
func attributes() map[string]string {
	return map[string]string{
		"Name": "Ref", "Host": "Endpoint.Address", "ResourceID": "DbiResourceId", "SecretARN": "MasterUserSecret.SecretArn",
	}
}

// By returns what stands in the templates of a stage in the place of attributes of the
// resource, by the attribute; nothing for most resources. An instance that was given the
// name of the resource is called by the reference, as the resource is.
func By(r *template.Resource) map[string]string {
	metadata, _ := r.Metadata[contract.AdoptedMetadata].(map[string]any) // nil when it has none
	out := map[string]string{}
	for name, attribute := range attributes() {
		if literal, is := metadata[name].(string); is && literal != r.Properties["DBInstanceIdentifier"] {
			out[attribute] = literal
		}
	}
	return out
}

// Undo returns the stage as it would be without adopted instances: with references to
// its own ones in their place. The stage itself stays as it is.
func Undo(stage *template.Stage) *template.Stage {
	out := stage
	for _, s := range stage.Stacks {
		for _, r := range s.Resources {
			for attribute, literal := range By(r) {
				out = replace(out, literal, template.Reference{Stack: s.Name, Resource: r.ID, Attribute: attribute})
			}
		}
	}
	return out
}

// replace returns a copy of the stage that has the reference in the place of the text.
func replace(stage *template.Stage, literal string, with template.Reference) *template.Stage {
	in := func(v template.Value) template.Value {
		return template.Rewrite(v, func(part template.Value) template.Value {
			text, is := part.(string)
			if !is {
				return part
			}
			return replaceIn(text, literal, with)
		})
	}
	out := &template.Stage{Name: stage.Name}
	for _, s := range stage.Stacks {
		stack := *s
		stack.Resources, stack.Outputs = nil, nil
		for _, r := range s.Resources {
			one := *r
			one.Stack, one.Properties = &stack, in(r.Properties).(template.Object)
			stack.Resources = append(stack.Resources, &one)
		}
		for _, o := range s.Outputs {
			one := *o
			one.Value = in(o.Value)
			stack.Outputs = append(stack.Outputs, &one)
		}
		out.Stacks = append(out.Stacks, &stack)
	}
	return out
}

// replaceIn finds a name only where it is all of a text, ends an ARN, or is in quotes, as
// in the body of a dashboard: it begins the host too.
func replaceIn(text, literal string, with template.Reference) template.Value {
	if text == literal {
		return with
	}
	around := ""
	if with.Attribute == "Ref" {
		if before, is := strings.CutSuffix(text, ":db:"+literal); is {
			return template.Join(before, ":db:", with)
		}
		around = `"`
	}
	var out []template.Value
	for i, piece := range strings.Split(text, around+literal+around) {
		if i > 0 {
			out = append(out, around, with, around)
		}
		out = append(out, piece)
	}
	return template.Join(out...)
}
