package event_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/event/eventtest"
)

func compiledSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(contract.EventSchema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("event.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("event.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSchema_and_decoder_agree: what one takes the other takes, but for the rules
// that no schema can state, which the cases name.
func TestSchema_and_decoder_agree(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	for _, c := range append(accepted(), refused()...) {
		if c.schemaCannotRead {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			instance, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(c.payload)))
			if err != nil {
				t.Fatal(err)
			}
			_, decodeErr := event.Decode([]byte(c.payload))
			schemaErr := schema.Validate(instance)
			switch {
			case decodeErr == nil && schemaErr != nil:
				t.Errorf("the decoder takes it, the schema says %v", schemaErr)
			case decodeErr != nil && (schemaErr == nil) != c.schemaTakes:
				t.Errorf("the decoder says %v, the schema %v; schemaTakes is %t", decodeErr, schemaErr, c.schemaTakes)
			}
		})
	}
}

func TestSchema_states_the_limits_of_the_contract(t *testing.T) {
	t.Parallel()
	type property struct {
		MinLength        int         `json:"minLength"`
		MaxLength        int         `json:"maxLength"`
		Minimum          json.Number `json:"minimum"`
		ExclusiveMaximum json.Number `json:"exclusiveMaximum"`
		Enum             []string    `json:"enum"`
	}
	var schema struct {
		AdditionalProperties *bool               `json:"additionalProperties"`
		Required             []string            `json:"required"`
		Properties           map[string]property `json:"properties"`
	}
	if err := json.Unmarshal(contract.EventSchema, &schema); err != nil {
		t.Fatal(err)
	}
	for name, limit := range map[string]int{
		"event_id": contract.EventIDLimit, "user_id": contract.UserIDLimit,
		"merchant": contract.MerchantLimit, "timestamp": contract.TimestampLimit,
	} {
		if p := schema.Properties[name]; p.MaxLength != limit {
			t.Errorf("maxLength of %s is %d, the contract says %d", name, p.MaxLength, limit)
		}
	}
	for _, name := range []string{"event_id", "user_id", "merchant"} {
		if p := schema.Properties[name]; p.MinLength != 1 {
			t.Errorf("minLength of %s is %d, the decoder wants 1", name, p.MinLength)
		}
	}
	amount := schema.Properties["amount"]
	least := "0." + strings.Repeat("0", contract.AmountDecimals-1) + "1"
	if digits := len(amount.ExclusiveMaximum.String()) - 1; amount.Minimum.String() != least || digits != contract.AmountIntegerDigits {
		t.Errorf("amount lies between %s and %s, the contract says %d digits and %s", amount.Minimum, amount.ExclusiveMaximum, contract.AmountIntegerDigits, least)
	}
	codes := schema.Properties["currency"].Enum
	if !slices.IsSorted(codes) || len(slices.Compact(slices.Clone(codes))) != len(codes) || len(codes) < 150 {
		t.Errorf("the %d currencies are not sorted, not unique or not all", len(codes))
	}
	for _, code := range codes {
		if len(code) != contract.CurrencyLength {
			t.Errorf("currency %q has not %d letters", code, contract.CurrencyLength)
		}
		if _, err := event.Decode([]byte(with("currency", `"`+code+`"`))); err != nil {
			t.Errorf("currency %s: %v", code, err)
		}
	}
	if schema.AdditionalProperties == nil || *schema.AdditionalProperties {
		t.Error("the schema lets other fields pass")
	}
	var required []string
	for _, f := range eventtest.Fields() {
		name := f[0]
		if _, ok := schema.Properties[name]; !ok {
			t.Errorf("the schema does not know %s", name)
		}
		if _, err := event.Decode([]byte(with(name, ""))); err != nil {
			required = append(required, name)
		}
	}
	if len(schema.Properties) != len(eventtest.Fields()) || !slices.Equal(schema.Required, required) {
		t.Errorf("the schema requires %v of %d properties, the decoder %v of %d", schema.Required, len(schema.Properties), required, len(eventtest.Fields()))
	}
}

// FuzzSchema looks for what the decoder takes and the schema refuses.
func FuzzSchema(f *testing.F) {
	for _, c := range append(accepted(), refused()...) {
		if len(c.payload) < 20_000 {
			f.Add([]byte(c.payload))
		}
	}
	for _, payload := range eventtest.Corpus() {
		f.Add(payload)
	}
	schema := compiledSchema(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		if _, err := event.Decode(payload); err != nil {
			return
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(payload))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(instance); err != nil {
			t.Fatalf("the decoder takes %q, the schema says %v", payload, err)
		}
	})
}
