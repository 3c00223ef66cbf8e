package schemaprovider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// started returns a server that Terraform has configured for a region.
func started(t *testing.T, computed Computed) *Server {
	t.Helper()
	s := unconfigured(t, computed)
	configure(t, s, `{"region":"eu-west-1"}`)
	return s
}

func unconfigured(t *testing.T, computed Computed) *Server {
	t.Helper()
	s, err := NewServer(computed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func configure(t *testing.T, s *Server, block string) {
	t.Helper()
	if _, err := s.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: sent(t, s.catalogue.provider, block)}); err != nil {
		t.Fatal(err)
	}
}

// valueOf reads a value of a type from JSON, in which "?" stands for unknown and
// what is left out is null.
func valueOf(t *testing.T, typ tftypes.Type, text string) tftypes.Value {
	t.Helper()
	value, err := tfprotov6.RawState{JSON: []byte(text)}.Unmarshal(typ)
	if err != nil {
		t.Fatal(err)
	}
	value, err = tftypes.Transform(value, func(_ *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		if textOf(v) == "?" {
			return tftypes.NewValue(v.Type(), tftypes.UnknownValue), nil
		}
		return v, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func sent(t *testing.T, k kind, text string) *tfprotov6.DynamicValue {
	t.Helper()
	value, err := k.encode(valueOf(t, k.typ, text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// received returns a value as JSON would have it, nulls left out and "?" for
// unknown.
func received(t *testing.T, k kind, v *tfprotov6.DynamicValue) map[string]any {
	t.Helper()
	value, err := k.decode(v)
	if err != nil {
		t.Fatal(err)
	}
	object, ok := plain(t, value).(map[string]any)
	if !ok {
		t.Fatalf("%v is no object", value)
	}
	return object
}

func plain(t *testing.T, v tftypes.Value) any {
	t.Helper()
	if !v.IsKnown() {
		return "?"
	}
	var fields map[string]tftypes.Value
	var items []tftypes.Value
	var flag bool
	switch {
	case v.As(&fields) == nil:
		kept := map[string]any{}
		for name, part := range fields {
			if !part.IsNull() {
				kept[name] = plain(t, part)
			}
		}
		return kept
	case v.As(&items) == nil:
		out := []any{}
		for _, item := range items {
			out = append(out, plain(t, item))
		}
		return out
	case v.As(&flag) == nil:
		return flag
	}
	text, _ := literal(v) // whatever else a value is
	return text
}
