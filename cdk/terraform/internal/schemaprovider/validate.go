package schemaprovider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// validate finds what Terraform leaves to a provider to refuse: a value for an
// attribute that only the provider gives, and a value that breaks a rule.
func (s *Server) validate(k kind, config *tfprotov6.DynamicValue) []*tfprotov6.Diagnostic {
	value, err := k.decode(config)
	if err != nil {
		return failure("Unreadable configuration", err)
	}
	presumed, err := presumptions(k.schema.Block, value, tftypes.NewAttributePath())
	if err != nil {
		return failure("Unreadable configuration", err)
	}
	broken, err := s.rules.check(k, value)
	if err != nil {
		return failure("Unreadable configuration", err)
	}
	return append(presumed, broken...)
}

// presumptions returns an error for each value that the configuration gives and
// only the provider may.
func presumptions(block *tfprotov6.SchemaBlock, v tftypes.Value, at *tftypes.AttributePath) ([]*tfprotov6.Diagnostic, error) {
	if !v.IsKnown() || v.IsNull() {
		return nil, nil
	}
	given, err := partsOf(v)
	if err != nil {
		return nil, err
	}
	var found []*tfprotov6.Diagnostic
	for _, a := range block.Attributes {
		if a.Computed && !a.Optional && !given.fields[a.Name].IsNull() {
			found = append(found, &tfprotov6.Diagnostic{
				Severity:  tfprotov6.DiagnosticSeverityError,
				Summary:   "Value for unconfigurable attribute",
				Detail:    fmt.Sprintf("%q cannot be set: the provider decides it in the apply", a.Name),
				Attribute: at.WithAttributeName(a.Name),
			})
		}
	}
	for _, b := range block.BlockTypes {
		nested := given.fields[b.TypeName]
		if !nested.IsKnown() || nested.IsNull() {
			continue
		}
		inside, err := nestedPresumptions(b, nested, at.WithAttributeName(b.TypeName))
		if err != nil {
			return nil, err
		}
		found = append(found, inside...)
	}
	return found, nil
}

func nestedPresumptions(b *tfprotov6.SchemaNestedBlock, v tftypes.Value, at *tftypes.AttributePath) ([]*tfprotov6.Diagnostic, error) {
	if b.Nesting == tfprotov6.SchemaNestedBlockNestingModeSingle || b.Nesting == tfprotov6.SchemaNestedBlockNestingModeGroup {
		return presumptions(b.Block, v, at)
	}
	items, err := partsOf(v)
	if err != nil {
		return nil, err
	}
	var found []*tfprotov6.Diagnostic
	inside := func(item tftypes.Value, at *tftypes.AttributePath) error {
		more, err := presumptions(b.Block, item, at)
		found = append(found, more...)
		return err
	}
	for i, item := range items.items {
		if err := inside(item, at.WithElementKeyInt(i)); err != nil {
			return nil, err
		}
	}
	for key, item := range items.fields {
		if err := inside(item, at.WithElementKeyString(key)); err != nil {
			return nil, err
		}
	}
	return found, nil
}
