package terraform

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// source writes a value as an expression of HCL. The references are written as
// refer says.
func source(v Value, refer func(Reference) string) string {
	w := writer{refer}
	return w.value(v)
}

type writer struct{ refer func(Reference) string }

func (w writer) value(v Value) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return w.literal(v)
	case bool, json.Number:
		return fmt.Sprint(v)
	case List:
		return w.list(v)
	case Object:
		return w.object(v)
	case Text:
		return w.text(v)
	case Reference:
		return w.refer(v)
	case Pseudo:
		return pseudo(v)
	case Zone:
		return "data.aws_availability_zones.available.names[" + v.Index + "]"
	case Element:
		return w.operand(v.Of) + "[" + w.value(v.Key) + "]"
	case Conditional:
		return w.operand(v.If) + " ? " + w.value(v.Then) + " : " + w.value(v.Else)
	case Call:
		return w.call(v)
	case Variable:
		return "var." + string(v)
	case Local:
		return "local." + string(v)
	case Expression:
		return string(v)
	default:
		return fmt.Sprintf("%#v", v)
	}
}

func pseudo(p Pseudo) string {
	return map[Pseudo]string{
		"AWS::AccountId": "local.account_id",
		"AWS::Region":    "local.region",
		"AWS::Partition": "local.partition",
		"AWS::URLSuffix": "data.aws_partition.current.dns_suffix",
	}[p]
}

func (w writer) literal(s string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes())
}

// text writes a template; one that has line breaks is written a line a line.
func (w writer) text(parts Text) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			quoted := w.literal(part)
			out.WriteString(quoted[1 : len(quoted)-1])
		case Expression:
			if inner, err := hclwriteInner(string(part)); err == nil {
				out.WriteString(inner)
				continue
			}
			out.WriteString("${" + string(part) + "}")
		default:
			out.WriteString("${" + w.value(part) + "}")
		}
	}
	out.WriteByte('"')
	if whole := regexp.MustCompile(`^"\$\{([^{}"]+)\}"$`).FindStringSubmatch(out.String()); whole != nil {
		return whole[1]
	}
	return out.String()
}

// hclwriteInner returns what is between the quotes of a template.
func hclwriteInner(expression string) (string, error) {
	if len(expression) > 1 && strings.HasPrefix(expression, `"`) && strings.HasSuffix(expression, `"`) {
		return expression[1 : len(expression)-1], nil
	}
	return "", fmt.Errorf("%s is no template", expression)
}

func (w writer) list(items List) string {
	if len(items) == 0 {
		return "[]"
	}
	parts := make([]string, len(items))
	length := 0
	for i, item := range items {
		parts[i] = w.value(item)
		length += len(parts[i]) + 2
	}
	one := "[" + strings.Join(parts, ", ") + "]"
	if length < 100 && !strings.Contains(one, "\n") {
		return one
	}
	if object, is := items[0].(Object); len(items) == 1 && is && len(object) > 0 {
		return "[" + parts[0] + "]"
	}
	if short(items) {
		return w.wrapped(parts)
	}
	return "[\n" + strings.Join(parts, ",\n") + ",\n]"
}

// short tells of a long list of short words, which is wrapped like text.
func short(items List) bool {
	for _, item := range items {
		if s, is := item.(string); !is || len(s) > 8 {
			return false
		}
	}
	return true
}

func (w writer) wrapped(parts []string) string {
	var out strings.Builder
	out.WriteString("[")
	for i, part := range parts {
		if i%16 == 0 {
			out.WriteString("\n")
		} else {
			out.WriteString(" ")
		}
		out.WriteString(part + ",")
	}
	return out.String() + "\n]"
}

// object writes the keys that are there under a condition by merge.
func (w writer) object(o Object) string {
	plain, extra := Object{}, map[string]Object{}
	for key, v := range o {
		c, is := v.(Conditional)
		switch {
		case is && c.Else == nil:
			into(extra, w.operand(c.If)+" ? %s : {}", key, c.Then)
		case is && c.Then == nil:
			into(extra, w.operand(c.If)+" ? {} : %s", key, c.Else)
		default:
			plain[key] = v
		}
	}
	if len(extra) == 0 {
		return w.fields(plain)
	}
	merged := []string{w.fields(plain)}
	for _, condition := range sortedKeys(extra) {
		merged = append(merged, fmt.Sprintf(condition, w.fields(extra[condition])))
	}
	return "merge(" + strings.Join(merged, ", ") + ")"
}

func into(objects map[string]Object, condition, key string, v Value) {
	if objects[condition] == nil {
		objects[condition] = Object{}
	}
	objects[condition][key] = v
}

func (w writer) fields(o Object) string {
	if len(o) == 0 {
		return "{}"
	}
	var out strings.Builder
	out.WriteString("{")
	for _, key := range sortedKeys(o) {
		name := key
		if !hclsyntax.ValidIdentifier(key) {
			name = w.literal(key)
		}
		fmt.Fprintf(&out, "\n%s = %s", name, w.value(o[key]))
	}
	out.WriteString("\n}")
	return out.String()
}

func (w writer) call(c Call) string {
	arguments := make([]string, len(c.Arguments))
	for i, argument := range c.Arguments {
		arguments[i] = w.value(argument)
	}
	switch c.Function {
	case "GetAZs":
		return "data.aws_availability_zones.available.names"
	case "!":
		return "!" + w.operand(c.Arguments[0])
	case "==", "&&", "||", "*":
		for i, argument := range c.Arguments {
			arguments[i] = w.operand(argument)
		}
		return strings.Join(arguments, " "+c.Function+" ")
	default:
		return c.Function + "(" + strings.Join(arguments, ", ") + ")"
	}
}

// operand puts in brackets what would bind otherwise.
func (w writer) operand(v Value) string {
	switch t := v.(type) {
	case Conditional:
		return "(" + w.value(v) + ")"
	case Call:
		if !regexp.MustCompile(`^\w`).MatchString(t.Function) && t.Function != "!" {
			return "(" + w.value(v) + ")"
		}
	}
	return w.value(v)
}

// tokens are those of an expression. Returns an error that shows the expression
// when it is none of HCL.
func tokens(expression string) (hclwrite.Tokens, error) {
	file, problems := hclwrite.ParseConfig([]byte("x = "+expression+"\n"), "expression", hcl.InitialPos)
	if problems.HasErrors() {
		return nil, fmt.Errorf("%s: %w", expression, problems)
	}
	return file.Body().GetAttribute("x").Expr().BuildTokens(nil), nil
}
