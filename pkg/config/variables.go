package config

import (
	"reflect"
	"slices"
	"strings"
)

// EnvClients is the variable that has the clients of a stage, as JSON.
const EnvClients = "CLIENTS"

// Variable is one environment variable of a function. A variable that is not
// Required may still be needed together with another: of the database's, either
// DATABASE_URL, or DB_HOST with DB_USER or, for migrate, DB_SECRET_ARN.
type Variable struct {
	Name     string
	Required bool
	Default  string // "" when there is none
	Secret   bool   // its value must not be shown or stored in the open
}

// Variables lists the environment variables that Load reads for the function,
// in a fixed order.
func Variables[T Settings]() []Variable {
	fields := fieldsOf(reflect.TypeFor[T]())
	out := make([]Variable, len(fields))
	for i, f := range fields {
		out[i] = f.Variable
	}
	return out
}

type field struct {
	Variable
	goName string
	index  []int // for reflect.Value.FieldByIndex
	want   string
}

func fieldsOf(t reflect.Type) []field {
	var out []field
	for f := range t.Fields() {
		if f.Anonymous {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = slices.Concat(f.Index, inner.index)
				out = append(out, inner)
			}
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("env"), ",")
		out = append(out, field{
			Variable: Variable{
				Name:     name,
				Required: options == "required",
				Default:  f.Tag.Get("envDefault"),
				Secret:   f.Type == reflect.TypeFor[Secret](),
			},
			goName: f.Name,
			index:  f.Index,
			want:   f.Tag.Get("want"),
		})
	}
	return out
}
