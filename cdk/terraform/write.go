package terraform

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

const heading = "Written by make terraform-export from the CDK app. Changes are made there."

// document is one file that is being written.
type document struct {
	file *hclwrite.File
	body *hclwrite.Body
	errs []error
}

func newDocument() *document {
	file := hclwrite.NewEmptyFile()
	d := &document{file: file, body: file.Body()}
	d.comment(heading)
	return d
}

func (d *document) comment(lines ...string) {
	for _, line := range lines {
		d.body.AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte(strings.TrimRight("# "+line, " ") + "\n")}})
	}
}

// block appends a block, after an empty line, and returns its body.
func (d *document) block(kind string, labels ...string) *hclwrite.Body {
	d.body.AppendNewline()
	return d.body.AppendNewBlock(kind, labels).Body()
}

func (d *document) set(in *hclwrite.Body, name, expression string) {
	t, err := tokens(expression)
	if err != nil {
		d.errs = append(d.errs, fmt.Errorf("argument %s: %w", name, err))
		return
	}
	in.SetAttributeRaw(name, t)
}

// bytes returns the file, formatted, an empty block on one line.
func (d *document) bytes() []byte {
	return regexp.MustCompile(`\{\n *\}`).ReplaceAll(hclwrite.Format(d.file.Bytes()), []byte("{}"))
}

// resource writes one resource block.
func (l *linker) resource(d *document, b *block) {
	module := l.module[b.part.key]
	body := d.block("resource", b.kind, b.name)
	switch {
	case b.part.count != "":
		d.set(body, "count", "var."+b.part.count)
		body.AppendNewline()
	case b.condition != "":
		d.set(body, "count", l.there(b.condition)+" ? 1 : 0")
		body.AppendNewline()
	}
	l.fill(d, body, b, b.body, module)
	if on := l.depends(b); len(on) > 0 {
		body.AppendNewline()
		d.set(body, "depends_on", listing(on))
	}
	if b.replaceFirst {
		body.AppendNewline()
		d.set(body.AppendNewBlock("lifecycle", nil).Body(), "create_before_destroy", "true")
	}
}

// there is the condition that a variable sets.
func (l *linker) there(name string) string {
	for _, v := range l.tables.variables {
		if v.name == name && v.kind != "bool" {
			return "var." + name + " != null"
		}
	}
	return "var." + name
}

// listing writes a list of expressions.
func listing(items []string) string {
	if len(items) == 1 {
		return "[" + items[0] + "]"
	}
	return "[\n" + strings.Join(items, ",\n") + ",\n]"
}

func (l *linker) fill(d *document, into *hclwrite.Body, b *block, from *body, module string) {
	for _, a := range from.arguments {
		if a.value != nil {
			d.set(into, a.name, source(a.value, func(r Reference) string { return l.refer(module, b, r) }))
		}
	}
	for i, n := range from.blocks {
		if i > 0 || len(from.arguments) > 0 {
			into.AppendNewline()
		}
		inner := into
		if n.condition == nil {
			inner = into.AppendNewBlock(n.name, nil).Body()
		} else {
			dynamic := into.AppendNewBlock("dynamic", []string{n.name}).Body()
			d.set(dynamic, "for_each", source(Conditional{n.condition, List{true}, List{}}, nil))
			dynamic.AppendNewline()
			inner = dynamic.AppendNewBlock("content", nil).Body()
		}
		l.fill(d, inner, b, n.body, module)
	}
}

// used are the names that the text has after a prefix such as "var.".
func used(text, prefix string) []string {
	var out []string
	for _, found := range regexp.MustCompile(`\b`+regexp.QuoteMeta(prefix)+`(\w+)`).FindAllStringSubmatch(text, -1) {
		out = append(out, found[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// locals writes the data sources and the local values that the module uses.
func (l *linker) locals(text string) *document {
	d := newDocument()
	names := used(text, "local.")
	sources := map[string]string{"account_id": "aws_caller_identity", "region": "aws_region", "partition": "aws_partition"}
	needed := map[string]string{}
	for _, name := range names {
		if source, is := sources[name]; is {
			needed[source] = "current"
		}
	}
	if strings.Contains(text, "data.aws_partition.current") {
		needed["aws_partition"] = "current"
	}
	if strings.Contains(text, "data.aws_availability_zones.available") {
		needed["aws_availability_zones"] = "available"
	}
	for _, kind := range sortedKeys(needed) {
		body := d.block("data", kind, needed[kind])
		if kind == "aws_availability_zones" {
			d.set(body, "state", `"available"`)
		}
	}
	if len(names) == 0 {
		return d
	}
	values := map[string]string{
		"account_id": "data.aws_caller_identity.current.account_id",
		"region":     "data.aws_region.current.region",
		"partition":  "data.aws_partition.current.partition",
		"tags":       source(l.common, func(Reference) string { return "null" }),
	}
	body := d.block("locals")
	for _, name := range names {
		d.set(body, name, values[name])
	}
	return d
}

// input is a variable of a module, or of an environment.
type input struct {
	name, kind, description, condition, message string
	initial                                     string // the default, none when empty
}

// inputs are the variables that the text uses.
func (l *linker) variablesOf(module, text string) ([]input, error) {
	var out []input
	for _, name := range used(text, "var.") {
		in, err := l.input(module, name)
		if err != nil {
			return nil, err
		}
		out = append(out, in)
	}
	return out, nil
}

func (l *linker) input(module, name string) (input, error) {
	if name == "environment" {
		return input{
			name: name, kind: "string", description: "The stage: it is in every name.",
			condition: `can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.environment))`,
			message:   "environment must be 2 to 16 of a-z 0-9 -, a letter first, and no - last.",
		}, nil
	}
	if c, is := l.inputs[module][name]; is {
		in := input{name: name, kind: "string", description: "From the module " + c.from + ": " + describe(c) + "."}
		if c.list {
			in.kind = "list(string)"
		}
		return in, nil
	}
	if function, is := strings.CutPrefix(name, "lambda_"); is && strings.HasSuffix(function, "_zip_path") {
		return zipInput(name, strings.TrimSuffix(function, "_zip_path")), nil
	}
	for _, v := range l.tables.variables {
		if v.name == name {
			return input{name: name, kind: v.kind, description: v.description, condition: v.condition, message: v.message}, nil
		}
	}
	return input{}, fmt.Errorf("the table of variables has no variable %s, which an expression names", name)
}

func zipInput(name, function string) input {
	return input{
		name: name, kind: "string", description: "The zip of the function " + function + ", as make package writes it.",
		condition: `endswith(var.` + name + `, ".zip")`, message: name + " must be the path of a .zip file.",
	}
}

func describe(c crossing) string {
	words := strings.ReplaceAll(c.attribute, "master_user_secret[0].secret_arn", "ARN of the password's secret")
	words = "the " + strings.ReplaceAll(words, "_", " ") + " of "
	if c.list {
		words += "each of "
	}
	return words + c.of
}

func (d *document) input(in input) {
	body := d.block("variable", in.name)
	d.set(body, "description", quoted(in.description))
	d.set(body, "type", in.kind)
	if in.initial != "" {
		d.set(body, "default", in.initial)
	}
	if in.condition != "" {
		body.AppendNewline()
		check := body.AppendNewBlock("validation", nil).Body()
		d.set(check, "condition", in.condition)
		d.set(check, "error_message", quoted(in.message))
	}
}

func quoted(s string) string { return source(s, nil) }

// versions writes what Terraform and the provider must be.
func versions(remote []string) *document {
	d := newDocument()
	body := d.block("terraform")
	d.set(body, "required_version", `">= 1.5"`)
	body.AppendNewline()
	provider := body.AppendNewBlock("required_providers", nil).Body()
	d.set(provider, "aws", "{\nsource = \"hashicorp/aws\"\nversion = \"~> 6.0\"\n}")
	if len(remote) > 0 {
		body.AppendNewline()
		inner := &document{body: body}
		inner.comment(remote...)
	}
	return d
}
