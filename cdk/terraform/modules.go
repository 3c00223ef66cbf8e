package terraform

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// write makes all files.
func (e *exported) write() error {
	var errs []error
	add := func(name string, d *document) {
		errs = append(errs, d.errs...)
		e.files[name] = d.bytes()
	}
	inputs := map[string][]input{}
	for _, m := range slices.Backward(e.linker.tables.modules) {
		made, err := e.module(m, add)
		errs, inputs[m.name] = append(errs, err), made
	}
	for _, a := range e.assemblies {
		e.environment(a, inputs, add)
	}
	return errors.Join(append(errs, e.linker.errs...)...)
}

// module writes one module and returns its variables. The modules that take from
// it were written before.
func (e *exported) module(m module, add func(string, *document)) ([]input, error) {
	l, folder := e.linker, "modules/"+m.name+"/"
	documents := map[string]*document{}
	for _, b := range l.all {
		if l.module[b.part.key] != m.name {
			continue
		}
		name := fileOf(b.part.key)
		if documents[name] == nil {
			documents[name] = newDocument()
		}
		l.resource(documents[name], b)
	}
	documents["outputs"] = e.outputsOf(m)
	var all strings.Builder
	for _, name := range sortedKeys(documents) {
		all.Write(documents[name].bytes())
		add(folder+name+".tf", documents[name])
	}
	locals := l.locals(all.String())
	all.Write(locals.bytes())
	add(folder+"locals.tf", locals)
	add(folder+"versions.tf", versions(nil))

	inputs, err := l.variablesOf(m.name, all.String())
	d := newDocument()
	for _, in := range inputs {
		d.input(in)
	}
	add(folder+"variables.tf", d)
	return inputs, errors.Join(err, e.tests(m, inputs, add))
}

// outputsOf writes what users call, and what another module takes.
func (e *exported) outputsOf(m module) *document {
	l, d := e.linker, newDocument()
	for _, o := range l.tables.outputs {
		found, in := e.output(o)
		if in != m.name {
			continue
		}
		body := d.block("output", o.name)
		d.set(body, "description", quoted(found.description+"."))
		d.set(body, "value", source(found.value, func(r Reference) string { return l.refer(m.name, nil, r) }))
	}
	taken := map[string]crossing{}
	for _, inputs := range l.inputs {
		for name, c := range inputs {
			if c.from == m.name {
				taken[name] = c
			}
		}
	}
	for _, name := range sortedKeys(taken) {
		c := taken[name]
		body := d.block("output", name)
		d.set(body, "description", quoted(title(describe(c))+"."))
		d.set(body, "value", l.refer(m.name, nil, c.reference))
		if ready := l.ready(m.name, c.reference); len(ready) > 0 {
			body.AppendNewline()
			d.set(body, "depends_on", listing(ready))
		}
	}
	return d
}

// ready are the resources without which what is referred to cannot be used.
func (l *linker) ready(module string, r Reference) []string {
	var out []string
	kinds := l.tables.mappings[l.whole(r.Resource).kind].readyWith[l.attribute(r)]
	for _, b := range l.all {
		if l.module[b.part.key] == module && slices.Contains(kinds, b.kind) {
			out = append(out, b.kind+"."+b.name)
		}
	}
	return out
}

// output finds an output of the table among those of the stacks, and the module
// that has it.
func (e *exported) output(o moduleOutput) (output, string) {
	for _, found := range e.platform.outputs {
		if found.stack+"/"+found.name != o.from {
			continue
		}
		for _, m := range e.linker.tables.modules {
			if slices.Contains(m.stacks, found.stack) {
				return found, m.name
			}
		}
	}
	return output{}, ""
}

// checkOutputs says which outputs the table lacks, and which the stacks lack.
func (e *exported) checkOutputs() error {
	var errs []error
	for _, found := range e.platform.outputs {
		if !slices.ContainsFunc(e.linker.tables.outputs, func(o moduleOutput) bool { return o.from == found.stack+"/"+found.name }) {
			errs = append(errs, fmt.Errorf("the output %s of stack %s has no entry in the table", found.name, found.stack))
		}
	}
	for _, o := range e.linker.tables.outputs {
		if _, in := e.output(o); in == "" && o.flag == "" {
			errs = append(errs, fmt.Errorf("the table has the output %s, which no stack has", o.from))
		}
	}
	return errors.Join(errs...)
}

// environment writes one environment: the modules with the values of the stage.
func (e *exported) environment(a *assembly, inputs map[string][]input, add func(string, *document)) {
	folder := "envs/" + a.stage + "/"
	main := newDocument()
	provider := main.block("provider", "aws")
	main.set(provider, "region", "var.aws_region")
	if account := a.account(); account != "" {
		main.set(provider, "allowed_account_ids", "["+quoted(account)+"]")
	}
	var zips []input
	for _, m := range e.linker.tables.modules {
		main.body.AppendNewline()
		main.comment(m.description)
		body := main.body.AppendNewBlock("module", []string{m.name}).Body()
		main.set(body, "source", quoted("../../modules/"+m.name))
		body.AppendNewline()
		for _, in := range inputs[m.name] {
			value := source(e.platform.values[in.name][a.stage], nil)
			if c, is := e.linker.inputs[m.name][in.name]; is {
				value = "module." + c.from + "." + c.name
			} else if strings.HasSuffix(in.name, "_zip_path") {
				value, zips = "var."+in.name, append(zips, in)
			}
			main.set(body, in.name, value)
		}
	}
	add(folder+"main.tf", main)

	variables, example := newDocument(), newDocument()
	example.comment("", "Copy this file to terraform.tfvars, and change what should be otherwise.")
	example.body.AppendNewline()
	for _, in := range append([]input{regionInput(a)}, zips...) {
		if function, is := strings.CutPrefix(in.name, "lambda_"); is {
			in.initial = quoted("../../../../dist/" + strings.TrimSuffix(function, "_zip_path") + ".zip")
		}
		variables.input(in)
		example.assign(in)
	}
	add(folder+"variables.tf", variables)
	add(folder+"terraform.tfvars.example", example)
	add(folder+"versions.tf", versions(remoteState(a.stage)))

	outputs := newDocument()
	for _, o := range e.linker.tables.outputs {
		found, in := e.output(o)
		if !slices.Contains(found.stages, a.stage) {
			continue
		}
		body := outputs.block("output", o.name)
		outputs.set(body, "description", quoted(found.description+"."))
		outputs.set(body, "value", "module."+in+"."+o.name)
	}
	add(folder+"outputs.tf", outputs)
}

// assign writes the default of a variable, as a comment where that is null.
func (d *document) assign(in input) {
	if in.initial == "null" {
		d.comment(in.name + ` = "eu-central-1" # else the region of your credentials`)
		return
	}
	d.set(d.body, in.name, in.initial)
}

// account is the only one to which the stage is deployed, empty for any.
func (a *assembly) account() string {
	for _, t := range a.stacks {
		if t.account != "" {
			return t.account
		}
	}
	return ""
}

func regionInput(a *assembly) input {
	in := input{name: "aws_region", kind: "string", description: "The region; null for that of the credentials.", initial: "null"}
	for _, t := range a.stacks {
		if t.region != "" {
			in.initial, in.description = quoted(t.region), "The region."
		}
	}
	return in
}

func remoteState(stage string) []string {
	return []string{
		"The state in S3, for a team: make the bucket first, with versioning.",
		`backend "s3" {`,
		`  bucket       = "my-terraform-state"`,
		`  key          = "fluxa/` + stage + `/terraform.tfstate"`,
		`  region       = "us-east-1"`,
		`  encrypt      = true`,
		`  use_lockfile = true`,
		`}`,
	}
}
