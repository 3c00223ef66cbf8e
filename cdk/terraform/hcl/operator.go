package hcl

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/fluxa/fluxa/cdk/template"
)

// tightest is how closely a name binds its index.
const tightest = 9

// binding is how closely an operator binds its operands: the greater, the closer. A
// conditional binds 0. False for what is no operator.
func binding(function string) (binds int, is bool) {
	binds, is = map[string]int{
		"||": 1, "&&": 2, "==": 3, "!=": 3, ">": 4, ">=": 4, "<=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "!": 7,
	}[function]
	return binds, is
}

func (u *Uses) call(c template.Call) hclwrite.Tokens {
	binds, is := binding(c.Function)
	switch {
	case c.Function == forFunction:
		return u.forEach(c)
	case c.Function == spreadFunction:
		return u.spread(c)
	case !is: // Join and Split of a template have the names of Terraform's, in capitals
		return append(words(strings.ToLower(c.Function)), enclosed(hclsyntax.TokenOParen, hclsyntax.TokenCParen, u.each(c.Arguments))...)
	case len(c.Arguments) == 1:
		return append(hclwrite.Tokens{sign(hclsyntax.TokenBang, "!")}, u.operand(c.Arguments[0], binds)...)
	}
	return spaced(u.operand(c.Arguments[0], binds), sign(hclsyntax.TokenNil, c.Function), u.operand(c.Arguments[1], binds+1))
}

// operand puts in brackets what binds less closely than its operator.
func (u *Uses) operand(v Value, atLeast int) hclwrite.Tokens {
	binds := tightest
	switch v := v.(type) {
	case template.Conditional:
		binds = 0
	case template.Call:
		if own, is := binding(v.Function); is {
			binds = own
		}
	}
	if binds >= atLeast {
		return u.value(v)
	}
	return enclosed(hclsyntax.TokenOParen, hclsyntax.TokenCParen, []hclwrite.Tokens{u.value(v)})
}
