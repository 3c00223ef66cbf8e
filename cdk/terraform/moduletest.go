package terraform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// emptyZip is the smallest file that is a zip, for tests that pack nothing.
const emptyZip = "PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// moduleTest writes a module's tests: it plans as each stage has it, with what the
// flags say and no more, and refuses what each validation is there to refuse.
func (e *exported) moduleTest(m catalog.Module, inputs []input) {
	d := newDocument()
	d.EmptyLine()
	d.Comment("terraform test, from 1.7 on, plans the module with a mocked provider. Nothing is created.")
	mock := d.Block("mock_provider", "aws")
	for i, data := range []struct {
		kind     string
		defaults hcl.Fields
	}{
		{"aws_availability_zones", hcl.Fields{{Name: "names", Value: hcl.Row{"us-east-1a", "us-east-1b", "us-east-1c"}}}},
		{"aws_caller_identity", hcl.Fields{{Name: "account_id", Value: "123456789012"}}},
		{"aws_partition", hcl.Fields{{Name: "partition", Value: "aws"}, {Name: "dns_suffix", Value: "amazonaws.com"}}},
		{"aws_region", hcl.Fields{{Name: "region", Value: "us-east-1"}}},
	} {
		if i > 0 {
			mock.EmptyLine()
		}
		mock.Block("mock_data", data.kind).Set("defaults", data.defaults)
	}
	values := d.Apart("variables")
	for _, in := range inputs {
		if value := e.standIn(m, in); value != nil {
			values.Set(in.Name, value)
		}
	}
	for _, stage := range e.platform.Stages {
		run := d.Apart("run", "plans_as_in_"+stage)
		run.Set("command", hcl.Keyword("plan"))
		e.assign(run.Apart("variables"), m, inputs, stage, false)
		e.counts(run, m)
	}
	e.refusals(d, m, inputs)
	e.parts(d, m, inputs)
	if slices.ContainsFunc(inputs, func(in input) bool { return catalog.ZipFunction(in.Name) != "" }) {
		e.files["modules/"+m.Name+"/tests/empty.zip"] = []byte(emptyZip)
	}
	e.add("modules/"+m.Name+"/tests/"+m.Name+".tftest.hcl", d)
}

// refusals gives each variable that has a validation a value that it refuses, all in
// one run: Terraform names every variable that should have failed and did not.
func (e *exported) refusals(d *hcl.Document, m catalog.Module, inputs []input) {
	var refused hcl.Row
	for _, in := range inputs {
		if in.Validation.Condition == nil {
			continue
		}
		if in.Validation.Refused == nil {
			e.errs = append(e.errs, fmt.Errorf("the table has no value that the validation of the variable %s refuses", in.Name))
		}
		refused = append(refused, hcl.Variable(in.Name))
	}
	run := d.Apart("run", "refuses_what_cannot_be")
	run.Set("command", hcl.Keyword("plan"))
	e.assign(run.Apart("variables"), m, inputs, e.platform.Stages[0], true)
	run.EmptyLine()
	run.Set("expect_failures", refused)
}

// parts gives all but one of the variables that are used instead of what a block has, of
// which the block demands all or none.
func (e *exported) parts(d *hcl.Document, m catalog.Module, inputs []input) {
	for _, b := range e.linker.all {
		instead := e.linker.instead(b)
		if e.linker.module[b.resource.Key] != m.Name || len(instead) == 0 {
			continue
		}
		has := func(stage string) bool { return b.flag == "" || e.platform.Values[b.flag][stage] == true }
		stage := e.platform.Stages[slices.IndexFunc(e.platform.Stages, has)]
		run := d.Apart("run", "refuses_a_part_of_another_"+b.Name)
		run.Set("command", hcl.Keyword("plan"))
		variables := run.Apart("variables")
		for _, in := range inputs {
			switch {
			case in.Name == instead[len(instead)-1]:
				variables.Set(in.Name, nil)
			case slices.Contains(instead, in.Name):
				variables.Set(in.Name, in.Sample)
			case e.standIn(m, in) == nil:
				variables.Set(in.Name, e.platform.Values[in.Name][stage])
			}
		}
		run.EmptyLine()
		run.Set("expect_failures", hcl.Row{b.Address})
	}
}

// standIn is a value for what another module or the packager gives, nil for what is
// a setting of a stage.
func (e *exported) standIn(m catalog.Module, in input) hcl.Value {
	c, crosses := e.linker.crossings[m.Name][in.Name]
	switch {
	case catalog.ZipFunction(in.Name) != "":
		return "tests/empty.zip"
	case !crosses:
		return nil
	case c.list():
		return hcl.Row{in.Name + "-1", in.Name + "-2"}
	case strings.HasSuffix(in.Name, "_arn"):
		return "arn:aws:service:us-east-1:123456789012:resource:" + in.Name
	default:
		return in.Name
	}
}

// assign gives the variables their values in a stage, or those that they refuse.
func (e *exported) assign(body hcl.Body, m catalog.Module, inputs []input, stage string, refused bool) {
	for _, in := range inputs {
		if refused && in.Validation.Refused != nil {
			body.Set(in.Name, in.Validation.Refused)
		} else if e.standIn(m, in) == nil {
			body.Set(in.Name, e.platform.Values[in.Name][stage])
		}
	}
}

// counts asserts how many there are of what is not always there.
func (e *exported) counts(run hcl.Body, m catalog.Module) {
	for _, b := range e.linker.all {
		many, name := e.linker.many(b), b.flag
		if each := b.resource.Each; each != nil {
			many, name = hcl.Func("length", each.Of), catalog.ClientsVariable
		}
		if e.linker.module[b.resource.Key] != m.Name || many == nil {
			continue
		}
		if b.resource.Count != "" {
			name = b.resource.Count
		}
		check := run.Apart("assert")
		check.Set("condition", hcl.Op(hcl.Func("length", b.Address), "==", many))
		check.Set("error_message", "The number of "+hcl.Source(b.Address)+" must follow from "+hcl.Source(hcl.Variable(name))+".")
	}
}
