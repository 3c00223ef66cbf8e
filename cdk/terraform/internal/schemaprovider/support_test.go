package schemaprovider

import (
	"encoding/json"
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
	answer, err := s.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: sent(t, s.catalogue.provider, block)})
	fine(t, answer.Diagnostics, err)
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
		if text, ok := textOf(v); ok && text == "?" {
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
	shown, err := plain(value)
	if err != nil {
		t.Fatal(err)
	}
	object, ok := short(shown).(map[string]any)
	if !ok {
		t.Fatalf("%v is no object", shown)
	}
	return object
}

func short(v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, value := range v {
			if value != nil {
				kept[name] = short(value)
			}
		}
		return kept
	case []any:
		for i := range v {
			v[i] = short(v[i])
		}
		return v
	case notKnown:
		return "?"
	case json.Number:
		return v.String()
	default:
		return v
	}
}

func fine(t *testing.T, diagnostics []*tfprotov6.Diagnostic, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range diagnostics {
		t.Fatalf("%s: %s", d.Summary, d.Detail)
	}
}
