package terraform

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
	"github.com/fluxa/fluxa/cdk/terraform/merge"
)

// newDocument returns a file, with what every file says first.
func newDocument(more ...string) *hcl.Document {
	return hcl.NewDocument(append([]string{"Written by make terraform-export from the CDK app. Changes are made there."}, more...)...)
}

// write makes all files.
func (e *exported) write() error {
	inputs := map[string][]input{}
	for _, m := range slices.Backward(e.linker.catalog.Modules) {
		inputs[m.Name] = e.module(m)
	}
	for _, stage := range e.stages {
		e.environment(stage, inputs)
	}
	return errors.Join(append(e.errs, e.linker.errs...)...)
}

// add adds a file.
func (e *exported) add(name string, d *hcl.Document) {
	content, err := d.Bytes()
	if err != nil {
		e.errs = append(e.errs, fmt.Errorf("%s: %w", name, err))
	}
	e.files[name] = content
}

// module writes one module and returns its variables. The modules that take from it
// were written before.
func (e *exported) module(m catalog.Module) []input {
	l, folder := e.linker, "modules/"+m.Name+"/"
	documents := map[string]*hcl.Document{"outputs": e.outputsOf(m)}
	for _, b := range l.all {
		if l.module[b.resource.Key] != m.Name {
			continue
		}
		name := catalog.File(b.resource.Key)
		if documents[name] == nil {
			documents[name] = newDocument()
		}
		l.write(documents[name], b)
	}
	documents["main"] = l.locals(hcl.UsesOf(documents))
	inputs, err := l.inputs(m.Name, hcl.UsesOf(documents))
	if err != nil {
		e.errs = append(e.errs, err)
	}
	documents["variables"], documents["versions"] = newDocument(), versions()
	for _, in := range inputs {
		in.declare(documents["variables"])
	}
	for name, d := range documents {
		e.add(folder+name+".tf", d)
	}
	e.moduleTest(m, inputs)
	return inputs
}

// outputsOf writes what users call, and what another module takes.
func (e *exported) outputsOf(m catalog.Module) *hcl.Document {
	l, d := e.linker, newDocument()
	for _, o := range l.catalog.Outputs {
		output, in := e.output(o)
		if in != m.Name {
			continue
		}
		body := d.Apart("output", o.Name)
		body.Set("description", output.Description+".")
		value := output.Value
		if _, is := value.(template.Text); is && o.Flag != "" { // which no null can be put into
			value = template.Conditional{If: hcl.Variable(o.Flag), Then: value}
		}
		body.Set("value", l.resolve(m.Name, nil, value))
	}
	taken := map[string]crossing{}
	for _, crossings := range l.crossings {
		for name, c := range crossings {
			if c.from == m.Name {
				taken[name] = c
			}
		}
	}
	for _, name := range sortedKeys(taken) {
		c := taken[name]
		body := d.Apart("output", name)
		body.Set("description", catalog.Title(c.what())+".")
		body.Set("value", l.refer(m.Name, nil, c.key, c.attribute, c.which))
		if ready := l.ready(c); len(ready) > 0 {
			body.EmptyLine()
			body.Set("depends_on", listing(ready))
		}
	}
	return d
}

// ready are the resources without which what is taken cannot be used.
func (l *linker) ready(c crossing) []hcl.Value {
	var out []hcl.Value
	types := l.catalog.Types[l.whole(c.key).Type].ReadyWith[c.attribute.Name]
	for _, b := range l.all {
		if l.module[b.resource.Key] == c.from && slices.Contains(types, b.Type) {
			out = append(out, b.Address)
		}
	}
	return out
}

// output finds an output of the table among those of the stacks, and the module
// that has it.
func (e *exported) output(o catalog.Output) (merge.Output, string) {
	for _, output := range e.platform.Outputs {
		if output.From() != o.From {
			continue
		}
		for _, m := range e.linker.catalog.Modules {
			if slices.Contains(m.Stacks, output.Stack) {
				return output, m.Name
			}
		}
	}
	return merge.Output{}, ""
}

// checkOutputs says which outputs the table lacks, and which the stacks lack.
func (e *exported) checkOutputs() error {
	var errs []error
	for _, output := range e.platform.Outputs {
		if !slices.ContainsFunc(e.linker.catalog.Outputs, func(o catalog.Output) bool { return o.From == output.From() }) {
			errs = append(errs, fmt.Errorf("the output %s of stack %s has no entry in the table", output.Name, output.Stack))
		}
	}
	for _, o := range e.linker.catalog.Outputs {
		if _, in := e.output(o); in == "" && o.Flag == "" {
			errs = append(errs, fmt.Errorf("the table has the output %s, which no stack has", o.From))
		}
	}
	return errors.Join(errs...)
}

// write writes one resource block.
func (l *linker) write(d *hcl.Document, b *block) {
	body := d.Apart("resource", b.Type, b.Name)
	if each := b.resource.Each; each != nil {
		body.Set("for_each", each.Of)
		body.EmptyLine()
	}
	if many := l.many(b); many != nil {
		body.Set("count", many)
		body.EmptyLine()
	}
	l.fill(body, b, b.body)
	if on := l.depends(b); len(on) > 0 {
		body.EmptyLine()
		body.Set("depends_on", listing(on))
	}
	instead := l.instead(b)
	if !b.replaceFirst && len(instead) == 0 {
		return
	}
	lifecycle := body.Apart("lifecycle")
	if b.replaceFirst {
		lifecycle.Set("create_before_destroy", true)
	}
	if len(instead) > 0 {
		whole(lifecycle.Block("precondition"), instead)
	}
}

// instead is the variables that are used instead of what the block has, as the stages'
// settings check them: all or none.
func (l *linker) instead(b *block) []string {
	if b != l.blocks[b.resource.Key][0] {
		return nil
	}
	return l.catalog.Types[b.resource.Type].Instead()
}

// whole demands all of the variables or none. It is a precondition: up to Terraform 1.8 the
// validation of a variable cannot name another one ("Invalid
// reference in variable validation in Terraform versions prior to 1.9",
// https://support.hashicorp.com/hc/en-us/articles/43291233547027).
func whole(precondition hcl.Body, variables []string) {
	var given hcl.Row
	for _, name := range variables {
		given = append(given, hcl.Variable(name))
	}
	count := hcl.Func("length", hcl.Func("compact", given))
	precondition.Set("condition", hcl.Func("contains", hcl.Row{hcl.Number(0), hcl.Number(len(given))}, count))
	last := len(variables) - 1
	precondition.Set("error_message", fmt.Sprintf("%s and %s must all be given or all be null: they are those of one database.",
		strings.Join(variables[:last], ", "), variables[last]))
}

// many is how many there are of what is not always there once, nil for what is.
func (l *linker) many(b *block) hcl.Value {
	var there hcl.Value = hcl.Number(1)
	if b.resource.Count != "" {
		there = hcl.Variable(b.resource.Count)
	}
	switch {
	case b.flag != "":
	case b.resource.Count != "":
		return there
	default:
		return nil
	}
	var condition hcl.Value = hcl.Variable(b.flag)
	if l.catalog.Variable(b.flag).Kind != catalog.Bool {
		condition = hcl.Op(condition, "!=", nil)
	}
	return template.Conditional{If: condition, Then: there, Else: hcl.Number(0)}
}

// listing is a list of one, or with a line an item.
func listing(items []hcl.Value) hcl.Value {
	if len(items) == 1 {
		return hcl.Row(items)
	}
	return hcl.Column(items)
}

// fill writes the inside of a resource block, or of a block in it.
func (l *linker) fill(into hcl.Body, b *block, from *body) {
	module := l.module[b.resource.Key]
	for _, a := range from.arguments {
		if a.value != nil {
			into.Set(a.name, l.resolve(module, b, a.value))
		}
	}
	for i, n := range from.blocks {
		if i > 0 || len(from.arguments) > 0 {
			into.EmptyLine()
		}
		if n.condition == nil {
			l.fill(into.Block(n.name), b, n.body)
			continue
		}
		dynamic := into.Block("dynamic", n.name)
		dynamic.Set("for_each", template.Conditional{If: l.resolve(module, b, n.condition), Then: template.List{true}, Else: template.List{}})
		l.fill(dynamic.Apart("content"), b, n.body)
	}
}

// locals writes the data sources and the local values that a module uses.
func (l *linker) locals(uses *hcl.Uses) *hcl.Document {
	from := func(data, attribute string) hcl.Attribute {
		return hcl.Attribute{Of: hcl.Data{Type: data, Name: "current"}, Name: attribute}
	}
	asked := map[string]hcl.Attribute{
		"account_id": from("aws_caller_identity", "account_id"), "region": from("aws_region", "region"), "partition": from("aws_partition", "partition"),
	}
	sources := map[string]string{} // names by types
	for data := range uses.Data {
		sources[data.Type] = data.Name
	}
	for name := range uses.Locals {
		if data, is := asked[name].Of.(hcl.Data); is {
			sources[data.Type] = data.Name
		}
	}
	d := newDocument()
	for _, kind := range sortedKeys(sources) {
		body := d.Apart("data", kind, sources[kind])
		if kind == "aws_availability_zones" {
			body.Set("state", "available")
			// Without it the list has the Local Zones that the account has opted in to
			// ("DescribeAvailabilityZones",
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html).
			filter := body.Apart("filter")
			filter.Set("name", "opt-in-status")
			filter.Set("values", hcl.Row{"opt-in-not-required"})
		}
	}
	if len(uses.Locals) == 0 {
		return d
	}
	body := d.Apart("locals")
	for _, name := range sortedKeys(uses.Locals) {
		if attribute, is := asked[name]; is {
			body.Set(name, attribute)
		} else if name == catalog.ClientKeys {
			body.Set(name, catalog.OwnersOfKeys())
		} else {
			body.Set(name, hcl.Func("merge", hcl.Variable(catalog.Tags), l.common))
		}
	}
	return d
}
