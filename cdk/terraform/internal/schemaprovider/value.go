package schemaprovider

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func (k kind) decode(v *tfprotov6.DynamicValue) (tftypes.Value, error) {
	if v == nil {
		return tftypes.Value{}, fmt.Errorf("%s: Terraform sent no value", k.name)
	}
	value, err := v.Unmarshal(k.typ)
	if err != nil {
		return tftypes.Value{}, fmt.Errorf("%s: read a value: %w", k.name, err)
	}
	return value, nil
}

func (k kind) encode(v tftypes.Value) (*tfprotov6.DynamicValue, error) {
	value, err := tfprotov6.NewDynamicValue(k.typ, v)
	if err != nil {
		return nil, fmt.Errorf("%s: write a value: %w", k.name, err)
	}
	return &value, nil
}

// parts are the elements of a known value that is not null: fields of an object
// or map, items of a list, set or tuple, or neither for a primitive.
type parts struct {
	fields map[string]tftypes.Value
	items  []tftypes.Value
}

func partsOf(v tftypes.Value) (parts, error) {
	var p parts
	if !v.IsKnown() || v.IsNull() {
		return p, errors.New("an unknown or null value has no parts")
	}
	var err error
	switch typ := v.Type(); {
	case typ.Is(tftypes.Object{}), typ.Is(tftypes.Map{}):
		p.fields = map[string]tftypes.Value{}
		err = v.As(&p.fields)
	case typ.Is(tftypes.List{}), typ.Is(tftypes.Set{}), typ.Is(tftypes.Tuple{}):
		p.items = []tftypes.Value{}
		err = v.As(&p.items)
	}
	return p, err
}

// rebuild returns the value with each of its parts replaced by what change makes
// of it. The values that Terraform sent stay as they are.
func rebuild(v tftypes.Value, change func(step string, part tftypes.Value) (tftypes.Value, error)) (tftypes.Value, error) {
	if !v.IsKnown() || v.IsNull() {
		return v, nil
	}
	p, err := partsOf(v)
	if err != nil {
		return v, err
	}
	switch {
	case p.fields != nil:
		fields := make(map[string]tftypes.Value, len(p.fields))
		for name, part := range p.fields {
			if fields[name], err = change(name, part); err != nil {
				return v, err
			}
		}
		return tftypes.NewValue(v.Type(), fields), nil
	case p.items != nil:
		items := make([]tftypes.Value, len(p.items))
		for i, part := range p.items {
			if items[i], err = change(fmt.Sprint(i), part); err != nil {
				return v, err
			}
		}
		return tftypes.NewValue(v.Type(), items), nil
	default:
		return v, nil
	}
}

// notKnown stands in a plain value for what is not known yet.
type notKnown struct{}

// plain returns the value as encoding/json would decode it into an any, numbers
// with all their digits.
func plain(v tftypes.Value) (any, error) {
	switch {
	case !v.IsKnown():
		return notKnown{}, nil
	case v.IsNull():
		return nil, nil
	}
	p, err := partsOf(v)
	if err != nil {
		return nil, err
	}
	switch {
	case p.fields != nil:
		fields := make(map[string]any, len(p.fields))
		for name, part := range p.fields {
			if fields[name], err = plain(part); err != nil {
				return nil, err
			}
		}
		return fields, nil
	case p.items != nil:
		items := make([]any, len(p.items))
		for i, part := range p.items {
			if items[i], err = plain(part); err != nil {
				return nil, err
			}
		}
		return items, nil
	default:
		return plainPrimitive(v)
	}
}

func plainPrimitive(v tftypes.Value) (any, error) {
	switch typ := v.Type(); {
	case typ.Is(tftypes.String):
		var text string
		err := v.As(&text)
		return text, err
	case typ.Is(tftypes.Bool):
		var flag bool
		err := v.As(&flag)
		return flag, err
	case typ.Is(tftypes.Number):
		var number big.Float
		err := v.As(&number)
		return json.Number(number.Text('f', -1)), err
	default:
		return nil, fmt.Errorf("a value of type %s cannot be shown", typ)
	}
}

// textOf returns a known string that is not empty.
func textOf(v tftypes.Value) (string, bool) {
	var text string
	if v.Type() == nil || !v.Type().Is(tftypes.String) || !v.IsKnown() || v.As(&text) != nil {
		return "", false
	}
	return text, text != ""
}
