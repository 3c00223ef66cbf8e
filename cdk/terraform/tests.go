package terraform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
)

// emptyZip is the smallest file that is a zip, for tests that pack nothing.
const emptyZip = "PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// tests writes a module's tests: it plans as each stage has it, with what the
// flags say and no more, and refuses what each validation is there to refuse.
func (e *exported) tests(m module, inputs []input, add func(string, *document)) error {
	d := newDocument()
	d.body.AppendNewline()
	d.comment("terraform test, from 1.7 on, plans the module with a mocked provider. Nothing is created.")
	mock := d.body.AppendNewBlock("mock_provider", []string{"aws"}).Body()
	for i, kind := range []string{"aws_availability_zones", "aws_caller_identity", "aws_partition", "aws_region"} {
		if i > 0 {
			mock.AppendNewline()
		}
		d.set(mock.AppendNewBlock("mock_data", []string{kind}).Body(), "defaults", map[string]string{
			"aws_availability_zones": `{ names = ["us-east-1a", "us-east-1b", "us-east-1c"] }`,
			"aws_caller_identity":    `{ account_id = "123456789012" }`,
			"aws_partition":          `{ partition = "aws", dns_suffix = "amazonaws.com" }`,
			"aws_region":             `{ region = "us-east-1" }`,
		}[kind])
	}
	values := d.block("variables")
	for _, in := range inputs {
		if value, stands := e.standIn(m, in); stands {
			d.set(values, in.name, value)
		}
	}
	for _, stage := range e.platform.stages {
		run := d.block("run", "plans_as_in_"+stage)
		d.set(run, "command", "plan")
		run.AppendNewline()
		e.assign(d, run.AppendNewBlock("variables", nil).Body(), m, inputs, stage, "")
		e.counts(d, run, m)
	}
	wrong := refused()
	for _, in := range inputs {
		if in.condition == "" {
			continue
		}
		value, known := wrong[in.name]
		if !known {
			return fmt.Errorf("the table has no value that the validation of the variable %s refuses", in.name)
		}
		run := d.block("run", "refuses_"+in.name)
		d.set(run, "command", "plan")
		run.AppendNewline()
		variables := run.AppendNewBlock("variables", nil).Body()
		e.assign(d, variables, m, inputs, e.platform.stages[0], in.name)
		d.set(variables, in.name, value)
		run.AppendNewline()
		d.set(run, "expect_failures", "[var."+in.name+"]")
	}
	if slices.ContainsFunc(inputs, func(in input) bool { return strings.HasSuffix(in.name, "_zip_path") }) {
		e.files["modules/"+m.name+"/tests/empty.zip"] = []byte(emptyZip)
	}
	add("modules/"+m.name+"/tests/"+m.name+".tftest.hcl", d)
	return nil
}

// standIn is a value for what another module or the packager gives.
func (e *exported) standIn(m module, in input) (string, bool) {
	c, crosses := e.linker.inputs[m.name][in.name]
	switch {
	case strings.HasSuffix(in.name, "_zip_path"):
		return `"tests/empty.zip"`, true
	case !crosses:
		return "", false
	case c.list:
		return `["` + in.name + `-1", "` + in.name + `-2"]`, true
	case strings.HasSuffix(in.name, "_arn"):
		return `"arn:aws:service:us-east-1:123456789012:` + in.name + `"`, true
	default:
		return quoted(in.name), true
	}
}

// assign gives the variables their values in a stage, but for one.
func (e *exported) assign(d *document, body *hclwrite.Body, m module, inputs []input, stage, but string) {
	for _, in := range inputs {
		if _, stands := e.standIn(m, in); !stands && in.name != but {
			d.set(body, in.name, source(e.platform.values[in.name][stage], nil))
		}
	}
}

// counts asserts how many there are of what is not always there.
func (e *exported) counts(d *document, run *hclwrite.Body, m module) {
	for _, b := range e.linker.all {
		if e.linker.module[b.part.key] != m.name {
			continue
		}
		address := b.kind + "." + b.name
		want := ""
		switch {
		case b.part.count != "":
			want = "var." + b.part.count
		case b.condition != "":
			want = "(" + e.linker.there(b.condition) + " ? 1 : 0)"
		default:
			continue
		}
		run.AppendNewline()
		check := run.AppendNewBlock("assert", nil).Body()
		d.set(check, "condition", "length("+address+") == "+want)
		d.set(check, "error_message", quoted("The number of "+address+" must follow from "+strings.Fields(strings.Trim(want, "("))[0]+"."))
	}
}
