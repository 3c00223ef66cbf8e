package hcl

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/fluxa/fluxa/cdk/template"
)

// tightest is how closely a name binds its index.
const tightest = 9

// operator is how an operator is written. Binds is greater for what binds more
// closely; a conditional binds 0.
type operator struct {
	token  hclsyntax.TokenType
	symbol string
	binds  int
}

func operatorOf(function string) (operator, bool) {
	switch function {
	case or:
		return operator{hclsyntax.TokenOr, "||", 1}, true
	case and:
		return operator{hclsyntax.TokenAnd, "&&", 2}, true
	case equals:
		return operator{hclsyntax.TokenEqualOp, "==", 3}, true
	case differs:
		return operator{hclsyntax.TokenNotEqual, "!=", 3}, true
	case above:
		return operator{hclsyntax.TokenGreaterThan, ">", 4}, true
	case atLeast:
		return operator{hclsyntax.TokenGreaterThanEq, ">=", 4}, true
	case atMost:
		return operator{hclsyntax.TokenLessThanEq, "<=", 4}, true
	case plus:
		return operator{hclsyntax.TokenPlus, "+", 5}, true
	case minus:
		return operator{hclsyntax.TokenMinus, "-", 5}, true
	case times:
		return operator{hclsyntax.TokenStar, "*", 6}, true
	case over:
		return operator{hclsyntax.TokenSlash, "/", 6}, true
	case not:
		return operator{hclsyntax.TokenBang, "!", 7}, true
	default:
		return operator{}, false
	}
}

// functionName is Terraform's name of a function.
func functionName(function string) string {
	switch function {
	case "Join":
		return "join"
	case "Split":
		return "split"
	default:
		return function
	}
}

func (u *Uses) call(c template.Call) hclwrite.Tokens {
	o, is := operatorOf(c.Function)
	switch {
	case !is:
		return append(words(functionName(c.Function)), enclosed(hclsyntax.TokenOParen, hclsyntax.TokenCParen, u.each(c.Arguments))...)
	case len(c.Arguments) == 1:
		return append(hclwrite.Tokens{sign(o.token, o.symbol)}, u.operand(c.Arguments[0], o.binds)...)
	}
	out := u.operand(c.Arguments[0], o.binds)
	for _, argument := range c.Arguments[1:] {
		out = spaced(out, sign(o.token, o.symbol), u.operand(argument, o.binds+1))
	}
	return out
}

// operand puts in brackets what binds less closely than its operator.
func (u *Uses) operand(v Value, atLeast int) hclwrite.Tokens {
	binds := tightest
	switch v := v.(type) {
	case template.Conditional:
		binds = 0
	case template.Call:
		if o, is := operatorOf(v.Function); is {
			binds = o.binds
		}
	}
	if binds >= atLeast {
		return u.value(v)
	}
	return enclosed(hclsyntax.TokenOParen, hclsyntax.TokenCParen, []hclwrite.Tokens{u.value(v)})
}
