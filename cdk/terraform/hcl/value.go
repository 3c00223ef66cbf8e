// Package hcl writes Terraform. A value is one of cdk/template, with what only
// Terraform has among its parts; it becomes tokens of hclwrite, and what it uses is
// noted on the way, so that no text of Terraform is ever read.
package hcl

import (
	"encoding/json"
	"strconv"

	"github.com/fluxa/fluxa/cdk/template"
)

// Value is a template.Value, or one of the types of this package.
type Value = template.Value

// Variable is an input variable of the module.
type Variable string

// Local is a local value of the module.
type Local string

// Keyword is a word that stands for itself, such as a type.
type Keyword string

// CountIndex is the number of an instance of its resource, from zero.
type CountIndex struct{}

// Every is the key of a template.Element that means all of them.
type Every struct{}

// Address is that of a resource in its module.
type Address struct{ Type, Name string }

// Data is the address of a data source.
type Data struct{ Type, Name string }

// ModuleOutput is what a module gives to its caller.
type ModuleOutput struct{ Module, Name string }

// Attribute is an attribute of what another value gives.
type Attribute struct {
	Of   Value
	Name string
}

// Row is a list that is written on one line, Column one with a line an item.
type (
	Row    []Value
	Column []Value
)

// Fields is an object that is written on one line, in the order given.
type Fields []Field

// Field is one of Fields.
type Field struct {
	Name  string
	Value Value
}

// Func calls a function of Terraform.
func Func(name string, arguments ...Value) Value {
	return template.Call{Function: name, Arguments: arguments}
}

// The operators, as calls. Equals, And, Or and Not are those of a condition of a
// template.
const (
	equals  = "Equals"
	differs = "Differs"
	and     = "And"
	or      = "Or"
	not     = "Not"
	above   = "Above"
	atLeast = "AtLeast"
	atMost  = "AtMost"
	plus    = "Plus"
	minus   = "Minus"
	times   = "Times"
	over    = "Over"
)

// Equals is a == b.
func Equals(a, b Value) Value { return Func(equals, a, b) }

// Differs is a != b.
func Differs(a, b Value) Value { return Func(differs, a, b) }

// And is a && b.
func And(a, b Value) Value { return Func(and, a, b) }

// Or is a || b.
func Or(a, b Value) Value { return Func(or, a, b) }

// Not is !a.
func Not(a Value) Value { return Func(not, a) }

// Above is a > b.
func Above(a, b Value) Value { return Func(above, a, b) }

// AtLeast is a >= b.
func AtLeast(a, b Value) Value { return Func(atLeast, a, b) }

// AtMost is a <= b.
func AtMost(a, b Value) Value { return Func(atMost, a, b) }

// Plus is a + b.
func Plus(a, b Value) Value { return Func(plus, a, b) }

// Minus is a - b.
func Minus(a, b Value) Value { return Func(minus, a, b) }

// Times is a * b.
func Times(a, b Value) Value { return Func(times, a, b) }

// Over is a / b.
func Over(a, b Value) Value { return Func(over, a, b) }

// Number is a whole number.
func Number(n int) Value { return json.Number(strconv.Itoa(n)) }
