package terraform

import (
	"fmt"

	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// input is a variable of a module, or of an environment.
type input struct {
	catalog.Variable
	initial hcl.Value // the default
	set     bool      // whether there is a default
}

// inputs are the variables of a module that its files use.
func (l *linker) inputs(module string, uses *hcl.Uses) ([]input, error) {
	var out []input
	for _, name := range sortedKeys(uses.Variables) {
		v := l.catalog.Variable(name)
		if c, is := l.crossings[module][name]; is {
			v = &catalog.Variable{Name: name, Kind: catalog.String, Description: "From the module " + c.from + ": " + c.what() + "."}
			if c.list() {
				v.Kind = catalog.Strings
			}
		}
		if v == nil {
			return nil, fmt.Errorf("the table of variables has no variable %s, which a value names", name)
		}
		out = append(out, input{Variable: *v})
	}
	return out, nil
}

// declare writes the variable.
func (in input) declare(d *hcl.Document) {
	body := d.Apart("variable", in.Name)
	body.Set("description", in.Description)
	body.Set("type", in.Kind.Type())
	if in.set {
		body.Set("default", in.initial)
	}
	if in.Validation.Condition != nil {
		check := body.Apart("validation")
		check.Set("condition", in.Validation.Condition)
		check.Set("error_message", in.Validation.Message)
	}
}
