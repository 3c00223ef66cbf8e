package hcl

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/fluxa/fluxa/cdk/template"
)

// ForEach is a for expression: an object where it has a Key, else a list. Names are
// what its other parts call an element by, such as Keyword("key, value").
type ForEach struct {
	Names      Keyword
	In         Value
	Key, Value Value
	If         Value // nil for every element
}

// forFunction and spreadFunction are no functions of Terraform: they make a value of
// which the parts can be compared and replaced.
const (
	forFunction    = "for"
	spreadFunction = "..."
)

// Expression returns the expression.
func (f ForEach) Expression() Value { return Func(forFunction, f.Names, f.In, f.Key, f.Value, f.If) }

// Spread gives the elements of a list as the arguments of a function.
func Spread(list Value) Value { return Func(spreadFunction, list) }

// forEach writes a for expression.
func (u *Uses) forEach(c template.Call) hclwrite.Tokens {
	of := ForEach{In: c.Arguments[1], Key: c.Arguments[2], Value: c.Arguments[3], If: c.Arguments[4]}
	from, to := hclsyntax.TokenOBrack, hclsyntax.TokenCBrack
	if of.Key != nil {
		from, to = hclsyntax.TokenOBrace, hclsyntax.TokenCBrace
	}
	apart := func(tokens hclwrite.Tokens) hclwrite.Tokens {
		tokens[0].SpacesBefore = 1
		return tokens
	}
	out := append(hclwrite.Tokens{sign(from, string(rune(from)))}, words("for")...)
	if of.Key != nil {
		apart(out[1:])
	}
	out = append(out, apart(u.value(c.Arguments[0]))...)
	out = append(append(out, apart(words("in"))...), apart(u.value(of.In))...)
	out = append(out, apart(hclwrite.Tokens{sign(hclsyntax.TokenColon, ":")})...)
	if of.Key != nil {
		out = append(append(out, apart(u.value(of.Key))...), apart(hclwrite.Tokens{sign(hclsyntax.TokenFatArrow, "=>")})...)
	}
	out = append(out, apart(u.value(of.Value))...)
	if of.If != nil {
		out = append(append(out, apart(words("if"))...), apart(u.value(of.If))...)
	}
	end := hclwrite.Tokens{sign(to, string(rune(to)))}
	if of.Key != nil {
		end = apart(end)
	}
	return append(out, end...)
}

// spread writes a list that becomes arguments.
func (u *Uses) spread(c template.Call) hclwrite.Tokens {
	return append(u.value(c.Arguments[0]), sign(hclsyntax.TokenEllipsis, spreadFunction))
}
