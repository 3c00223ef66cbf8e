package hcl

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/fluxa/fluxa/cdk/template"
)

// lineLength is up to which length a list stays on one line.
const lineLength = 100

// Uses is what the values of a document use.
type Uses struct {
	Variables map[string]bool
	Locals    map[string]bool
	Data      map[Data]bool
	unknown   []Value // that have no form in Terraform
}

// Source writes a value for a message. What has no form in Terraform, such as a
// reference of a template, is written so that a reader knows what is meant.
func Source(v Value) string {
	if v == nil {
		return "nothing"
	}
	return string(newUses().value(v).Bytes())
}

func newUses() *Uses {
	return &Uses{Variables: map[string]bool{}, Locals: map[string]bool{}, Data: map[Data]bool{}}
}

// value returns the tokens of a value, and notes what it uses.
func (u *Uses) value(v Value) hclwrite.Tokens {
	switch v := v.(type) {
	case nil:
		return words("null")
	case string:
		return hclwrite.TokensForValue(cty.StringVal(v))
	case bool, json.Number:
		return words(fmt.Sprint(v))
	case Keyword:
		return words(string(v))
	case template.List:
		return u.list(v)
	case Row:
		return enclosed(hclsyntax.TokenOBrack, hclsyntax.TokenCBrack, u.each(v))
	case Column:
		return column(u.each(v))
	case template.Object:
		return u.object(v)
	case Fields:
		return u.fields(v)
	case template.Text:
		return u.text(v)
	case template.Conditional:
		out := spaced(u.operand(v.If, 1), sign(hclsyntax.TokenQuestion, "?"), u.value(v.Then))
		return spaced(out, sign(hclsyntax.TokenColon, ":"), u.value(v.Else))
	case template.Call:
		return u.call(v)
	default:
		return u.traversal(v)
	}
}

func (u *Uses) each(values []Value) []hclwrite.Tokens {
	out := make([]hclwrite.Tokens, len(values))
	for i, v := range values {
		out[i] = u.value(v)
	}
	return out
}

// traversal writes what begins with a name.
func (u *Uses) traversal(v Value) hclwrite.Tokens {
	switch v := v.(type) {
	case Variable:
		u.Variables[string(v)] = true
		return words("var", string(v))
	case Local:
		u.Locals[string(v)] = true
		return words("local", string(v))
	case Data:
		u.Data[v] = true
		return words("data", v.Type, v.Name)
	case Address:
		return words(v.Type, v.Name)
	case ModuleOutput:
		return words("module", v.Module, v.Name)
	case CountIndex:
		return words("count", "index")
	case Every:
		return hclwrite.Tokens{sign(hclsyntax.TokenStar, "*")}
	case template.Pseudo:
		return u.pseudo(v)
	case template.Zones:
		return u.value(Attribute{Data{"aws_availability_zones", "available"}, "names"})
	case template.Element:
		out := append(u.operand(v.Of, tightest), sign(hclsyntax.TokenOBrack, "["))
		return append(append(out, u.value(v.Key)...), sign(hclsyntax.TokenCBrack, "]"))
	case Attribute:
		return append(append(u.value(v.Of), sign(hclsyntax.TokenDot, ".")), words(v.Name)...)
	case template.Reference:
		u.unknown = append(u.unknown, v)
		return words(v.Resource, v.Attribute)
	default:
		u.unknown = append(u.unknown, v)
		return words(fmt.Sprintf("%T%v", v, v))
	}
}

func (u *Uses) pseudo(p template.Pseudo) hclwrite.Tokens {
	switch p {
	case "AWS::AccountId":
		return u.value(Local("account_id"))
	case "AWS::Region":
		return u.value(Local("region"))
	case "AWS::Partition":
		return u.value(Local("partition"))
	case "AWS::URLSuffix":
		return u.value(Attribute{Data{"aws_partition", "current"}, "dns_suffix"})
	default:
		u.unknown = append(u.unknown, p)
		return words(string(p))
	}
}

// text writes a template; one that is a single value is that value.
func (u *Uses) text(parts template.Text) hclwrite.Tokens {
	if len(parts) == 1 {
		return u.value(parts[0])
	}
	out := hclwrite.Tokens{sign(hclsyntax.TokenOQuote, `"`)}
	for _, part := range parts {
		if _, literal := part.(string); literal {
			quoted := u.value(part)
			out = append(out, quoted[1:len(quoted)-1]...)
			continue
		}
		out = append(append(out, sign(hclsyntax.TokenTemplateInterp, "${")), u.value(part)...)
		out = append(out, sign(hclsyntax.TokenTemplateSeqEnd, "}"))
	}
	return append(out, sign(hclsyntax.TokenCQuote, `"`))
}

// list writes a short list on one line. A long list of short words is wrapped like
// text, any other has a line an item.
func (u *Uses) list(items template.List) hclwrite.Tokens {
	parts := u.each(items)
	length, broken, short := 0, false, true
	for i, part := range parts {
		raw := part.Bytes()
		length, broken = length+len(raw)+2, broken || bytes.Contains(raw, []byte("\n"))
		s, is := items[i].(string)
		short = short && is && len(s) <= 8
	}
	object, one := template.Object(nil), false
	if len(items) == 1 {
		object, one = items[0].(template.Object)
	}
	switch {
	case length < lineLength && !broken, one && len(object) > 0:
		return enclosed(hclsyntax.TokenOBrack, hclsyntax.TokenCBrack, parts)
	case short:
		return wrapped(parts)
	default:
		return column(parts)
	}
}

func column(items []hclwrite.Tokens) hclwrite.Tokens {
	out := hclwrite.Tokens{sign(hclsyntax.TokenOBrack, "["), newline()}
	for _, item := range items {
		out = append(append(out, item...), sign(hclsyntax.TokenComma, ","), newline())
	}
	return append(out, sign(hclsyntax.TokenCBrack, "]"))
}

func wrapped(items []hclwrite.Tokens) hclwrite.Tokens {
	out := hclwrite.Tokens{sign(hclsyntax.TokenOBrack, "[")}
	for i, item := range items {
		if i%16 == 0 {
			out = append(out, newline())
		} else {
			item[0].SpacesBefore = 1
		}
		out = append(append(out, item...), sign(hclsyntax.TokenComma, ","))
	}
	return append(out, newline(), sign(hclsyntax.TokenCBrack, "]"))
}

func (u *Uses) fields(fields Fields) hclwrite.Tokens {
	var items []hclwrite.Tokens
	for _, f := range fields {
		items = append(items, spaced(words(f.Name), sign(hclsyntax.TokenEqual, "="), u.value(f.Value)))
	}
	return enclosed(hclsyntax.TokenOBrace, hclsyntax.TokenCBrace, items)
}

// object writes the keys that are there under a condition by merge.
func (u *Uses) object(o template.Object) hclwrite.Tokens {
	always := template.Object{}
	type group struct {
		condition Value
		otherwise bool // the keys are there when it is false
		source    string
		fields    template.Object
	}
	var groups []*group
	for _, key := range sortedKeys(o) {
		c, is := o[key].(template.Conditional)
		if !is || c.Then != nil && c.Else != nil {
			always[key] = o[key]
			continue
		}
		i := slices.IndexFunc(groups, func(g *group) bool { return template.Equal(g.condition, c.If) && g.otherwise == (c.Then == nil) })
		if i < 0 {
			i, groups = len(groups), append(groups, &group{c.If, c.Then == nil, Source(c.If), template.Object{}})
		}
		groups[i].fields[key] = cmp.Or(c.Then, c.Else)
	}
	if len(groups) == 0 {
		return u.lines(o)
	}
	slices.SortStableFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.source, b.source), map[bool]int{true: 1, false: -1}[a.otherwise])
	})
	merged := []Value{always}
	for _, g := range groups {
		if g.otherwise {
			merged = append(merged, template.Conditional{If: g.condition, Then: template.Object{}, Else: g.fields})
		} else {
			merged = append(merged, template.Conditional{If: g.condition, Then: g.fields, Else: template.Object{}})
		}
	}
	return u.value(Func("merge", merged...))
}

// lines writes an object with a line a key.
func (u *Uses) lines(o template.Object) hclwrite.Tokens {
	out := hclwrite.Tokens{sign(hclsyntax.TokenOBrace, "{")}
	for _, key := range sortedKeys(o) {
		name := words(key)
		if !hclsyntax.ValidIdentifier(key) {
			name = u.value(key)
		}
		out = append(append(out, newline()), spaced(name, sign(hclsyntax.TokenEqual, "="), u.value(o[key]))...)
	}
	if len(o) > 0 {
		out = append(out, newline())
	}
	return append(out, sign(hclsyntax.TokenCBrace, "}"))
}

// words are names with dots between them.
func words(names ...string) hclwrite.Tokens {
	var out hclwrite.Tokens
	for i, name := range names {
		if i > 0 {
			out = append(out, sign(hclsyntax.TokenDot, "."))
		}
		out = append(out, sign(hclsyntax.TokenIdent, name))
	}
	return out
}

func sign(kind hclsyntax.TokenType, s string) *hclwrite.Token {
	return &hclwrite.Token{Type: kind, Bytes: []byte(s)}
}

func newline() *hclwrite.Token { return sign(hclsyntax.TokenNewline, "\n") }

// spaced puts a sign with spaces around it between two operands.
func spaced(before hclwrite.Tokens, between *hclwrite.Token, after hclwrite.Tokens) hclwrite.Tokens {
	between.SpacesBefore, after[0].SpacesBefore = 1, 1
	return append(append(before, between), after...)
}

// enclosed is a list with commas, between a pair of brackets.
func enclosed(from, to hclsyntax.TokenType, items []hclwrite.Tokens) hclwrite.Tokens {
	out := hclwrite.Tokens{sign(from, string(rune(from)))}
	for i, item := range items {
		if i > 0 {
			out, item[0].SpacesBefore = append(out, sign(hclsyntax.TokenComma, ",")), 1
		}
		out = append(out, item...)
	}
	return append(out, sign(to, string(rune(to))))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
