package cloudwatch

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Metric math, as far as an alarm needs it: numbers, ids, + - * /, comparisons, AND and
// OR, arrays, and the functions of mathFunctions ("Using math expressions with
// CloudWatch metrics":
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html).
// Anything else is an error: an alarm that is not understood is not passed over.

// node is a part of an expression: a number, an id, an array, or a function or operator
// over others.
type node struct {
	operator string // "number", "id", "array", a function, or a binary operator
	text     string
	number   float64
	of       []node
}

var mathToken = regexp.MustCompile(`\s*([A-Za-z_][A-Za-z0-9_]*|[0-9]*\.?[0-9]+|==|!=|<=|>=|&&|\|\||[-+*/<>(),\[\]]|\S)`)

// parser is what is left of an expression.
type parser struct{ tokens []string }

func parseExpression(text string) (node, error) {
	p := &parser{}
	for _, found := range mathToken.FindAllStringSubmatch(text, -1) {
		p.tokens = append(p.tokens, found[1])
	}
	n, err := p.binary(0)
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("%q is too much", p.tokens[0])
	}
	if err != nil {
		return n, fmt.Errorf("expression %q: %w", text, err)
	}
	return n, nil
}

// precedence has the operators from the loosest to the tightest.
func precedence() [][]string {
	return [][]string{{"OR", "||"}, {"AND", "&&"}, {"==", "!=", "<=", ">=", "<", ">"}, {"+", "-"}, {"*", "/"}}
}

// operator takes the next token if it is an operator of the level.
func (p *parser) operator(level int) (string, bool) {
	if len(p.tokens) == 0 || !slices.Contains(precedence()[level], p.tokens[0]) {
		return "", false
	}
	operator := p.tokens[0]
	p.tokens = p.tokens[1:]
	return strings.NewReplacer("||", "OR", "&&", "AND").Replace(operator), true
}

func (p *parser) binary(level int) (node, error) {
	if level == len(precedence()) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	for err == nil {
		operator, is := p.operator(level)
		if !is {
			break
		}
		var right node
		right, err = p.binary(level + 1)
		left = node{operator: operator, of: []node{left, right}}
	}
	return left, err
}

func (p *parser) next(token string) bool {
	if len(p.tokens) == 0 || p.tokens[0] != token {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *parser) unary() (node, error) {
	switch {
	case len(p.tokens) == 0:
		return node{}, fmt.Errorf("it ends too early")
	case p.next("-"):
		n, err := p.unary()
		return node{operator: "-", of: []node{{operator: "number"}, n}}, err
	case p.next("("):
		n, err := p.binary(0)
		if err == nil && !p.next(")") {
			err = fmt.Errorf("a parenthesis is not closed")
		}
		return n, err
	case p.next("["):
		of, err := p.list("]")
		return node{operator: "array", of: of}, err
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	if number, err := strconv.ParseFloat(token, 64); err == nil {
		return node{operator: "number", number: number}, nil
	}
	if token == "REPEAT" || token[0] >= 'a' && token[0] <= 'z' {
		return node{operator: "id", text: token}, nil
	}
	if _, known := mathFunctions()[token]; !known || !p.next("(") {
		return node{}, fmt.Errorf("%q is not supported", token)
	}
	of, err := p.list(")")
	return node{operator: token, of: of}, err
}

func (p *parser) list(end string) ([]node, error) {
	var out []node
	for {
		n, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
		if p.next(end) {
			return out, nil
		}
		if !p.next(",") {
			return nil, fmt.Errorf("%q is missing", end)
		}
	}
}
