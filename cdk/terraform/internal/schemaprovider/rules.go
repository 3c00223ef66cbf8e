package schemaprovider

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

//go:embed rules.json
var rulesFile []byte

// rules are what a schema cannot say and the real provider checks all the same.
// An attribute is named by its path from the type on, without indices.
type rules struct {
	// Names are the arguments that may say what a resource is called, the
	// preferred one first.
	Names []string `json:"names"`
	// JSON lists the attributes that hold a JSON document.
	JSON []string `json:"json"`
	// OneOf has the values that an attribute may take.
	OneOf map[string][]string `json:"one_of"`
}

func loadRules(raw []byte) (rules, error) {
	var r rules
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return rules{}, fmt.Errorf("read rules.json: %w", err)
	}
	return r, nil
}

// check finds what Terraform leaves to a provider to refuse: a value for an
// attribute that only the provider gives, and a value that breaks a rule.
func (r rules) check(k kind, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
	value, err := k.decode(config)
	if err != nil {
		return nil, err
	}
	var found []*tfprotov6.Diagnostic
	err = tftypes.Walk(value, func(at *tftypes.AttributePath, v tftypes.Value) (bool, error) {
		if v.IsNull() {
			return true, nil
		}
		detail := ""
		if text, is := literal(v); is && v.IsKnown() {
			detail = r.broken(k.name+"."+dotted(at), text)
		}
		if a := k.attribute(at); a != nil && a.Computed && !a.Optional {
			detail = fmt.Sprintf("%q cannot be set: the provider decides it in the apply", a.Name)
		}
		if detail != "" {
			found = append(found, &tfprotov6.Diagnostic{
				Severity: tfprotov6.DiagnosticSeverityError, Summary: "Invalid value", Detail: detail, Attribute: at,
			})
		}
		return true, nil
	})
	// The walk takes the attributes of an object in any order.
	slices.SortFunc(found, func(a, b *tfprotov6.Diagnostic) int {
		return cmp.Compare(a.Attribute.String(), b.Attribute.String())
	})
	return found, err
}

// broken says which rule the value of an attribute breaks, empty for none.
func (r rules) broken(attribute, value string) string {
	if slices.Contains(r.JSON, attribute) && value != "" && !json.Valid([]byte(value)) {
		return fmt.Sprintf("%s must hold a JSON document, got %q", attribute, value)
	}
	if choices := r.OneOf[attribute]; choices != nil && !slices.Contains(choices, value) {
		return fmt.Sprintf("%s must be one of %q, got %q", attribute, choices, value)
	}
	return ""
}

// literal writes a text or a number; false for any other value.
func literal(v tftypes.Value) (string, bool) {
	var number big.Float
	if v.Type().Is(tftypes.Number) && v.As(&number) == nil {
		return number.Text('f', -1), true
	}
	return textOf(v), v.Type().Is(tftypes.String)
}
