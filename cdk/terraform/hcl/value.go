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

// Op has an operator of Terraform between two operands, such as ==.
func Op(a Value, operator string, b Value) Value { return Func(operator, a, b) }

// Not is !a.
func Not(a Value) Value { return Func("!", a) }

// Number is a whole number.
func Number(n int) Value { return json.Number(strconv.Itoa(n)) }
