package hcl

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/fluxa/fluxa/cdk/template"
)

// Evaluate computes a value as text. Known gives the literal of a Variable or of
// CountIndex. Returns an error for what is not known, and for a function that the
// exporter's tables do not use.
func Evaluate(v Value, known func(Value) Value) (string, error) {
	result, err := evaluate(v, known)
	if err != nil {
		return "", err
	}
	return asText(result)
}

func asText(v cty.Value) (string, error) {
	text, err := convert.Convert(v, cty.String)
	if err != nil || text.IsNull() {
		return "", fmt.Errorf("%#v is no text", v)
	}
	return text.AsString(), nil
}

func evaluate(v Value, known func(Value) Value) (cty.Value, error) {
	switch v := v.(type) {
	case string:
		return cty.StringVal(v), nil
	case json.Number:
		return cty.ParseNumberVal(v.String())
	case bool:
		return cty.BoolVal(v), nil
	case Variable, CountIndex:
		literal := known(v)
		switch literal.(type) {
		case string, json.Number, bool:
			return evaluate(literal, known)
		}
		return cty.NilVal, fmt.Errorf("%s is not known", Source(v))
	case template.Text:
		joined := ""
		for _, part := range v {
			one, err := Evaluate(part, known)
			if err != nil {
				return cty.NilVal, err
			}
			joined += one
		}
		return cty.StringVal(joined), nil
	case template.Conditional:
		condition, err := evaluate(v.If, known)
		if err != nil {
			return cty.NilVal, err
		}
		if condition.RawEquals(cty.True) {
			return evaluate(v.Then, known)
		}
		return evaluate(v.Else, known)
	case template.Element:
		return call(stdlib.IndexFunc, []Value{v.Of, v.Key}, known)
	case template.Call:
		if f, is := functions()[v.Function]; is {
			return call(f, v.Arguments, known)
		}
	}
	return cty.NilVal, fmt.Errorf("%s cannot be computed", Source(v))
}

func call(f function.Function, arguments []Value, known func(Value) Value) (cty.Value, error) {
	values := make([]cty.Value, len(arguments))
	for i, argument := range arguments {
		var err error
		if values[i], err = evaluate(argument, known); err != nil {
			return cty.NilVal, err
		}
	}
	return f.Call(values)
}

func functions() map[string]function.Function {
	return map[string]function.Function{
		equals: stdlib.EqualFunc, plus: stdlib.AddFunc, minus: stdlib.SubtractFunc, times: stdlib.MultiplyFunc, over: stdlib.DivideFunc,
		"format": stdlib.FormatFunc, "split": stdlib.SplitFunc, "tonumber": stdlib.MakeToFunc(cty.Number), "cidrsubnet": cidrSubnet(),
	}
}

// cidrSubnet is Terraform's function of that name, for IPv4.
func cidrSubnet() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "prefix", Type: cty.String}, {Name: "newbits", Type: cty.Number}, {Name: "netnum", Type: cty.Number}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			prefix, err := netip.ParsePrefix(args[0].AsString())
			if err != nil || !prefix.Addr().Is4() {
				return cty.UnknownVal(cty.String), function.NewArgErrorf(0, "must be an IPv4 block")
			}
			bits := prefix.Bits() + whole(args[1])
			if bits > 32 {
				return cty.UnknownVal(cty.String), function.NewArgErrorf(1, "must leave at most 32 bits")
			}
			base := prefix.Masked().Addr().As4()
			address := new(big.Int).SetBytes(base[:])
			address.Add(address, new(big.Int).Lsh(big.NewInt(int64(whole(args[2]))), uint(32-bits)))
			var out [4]byte
			address.FillBytes(out[:])
			return cty.StringVal(netip.PrefixFrom(netip.AddrFrom4(out), bits).String()), nil
		},
	})
}

func whole(v cty.Value) int {
	n, _ := v.AsBigFloat().Int64()
	return int(n)
}
