package hcl

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"

	syntax "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// Evaluate computes a value as text, as Terraform would: with the values of the
// variables, and the index of the resource's instance. Returns an error for a
// variable without a value, and for a function that the exporter's tables do not
// use.
func Evaluate(v Value, variables map[string]Value, index int) (string, error) {
	expression, problems := hclsyntax.ParseExpression([]byte(Source(v)), "", syntax.InitialPos)
	if problems.HasErrors() {
		return "", problems
	}
	known := map[string]cty.Value{}
	for name, value := range variables {
		switch value := value.(type) {
		case string:
			known[name] = cty.StringVal(value)
		case bool:
			known[name] = cty.BoolVal(value)
		case json.Number:
			number, err := cty.ParseNumberVal(value.String())
			if err != nil {
				return "", err
			}
			known[name] = number
		}
	}
	result, problems := expression.Value(&syntax.EvalContext{
		Variables: map[string]cty.Value{
			"var":   cty.ObjectVal(known),
			"count": cty.ObjectVal(map[string]cty.Value{"index": cty.NumberIntVal(int64(index))}),
		},
		Functions: map[string]function.Function{
			"format": stdlib.FormatFunc, "split": stdlib.SplitFunc, "tonumber": stdlib.MakeToFunc(cty.Number), "cidrsubnet": cidrSubnet(), "min": stdlib.MinFunc,
		},
	})
	if problems.HasErrors() {
		return "", problems
	}
	text, err := convert.Convert(result, cty.String)
	if err != nil || text.IsNull() {
		return "", fmt.Errorf("%s is no text", Source(v))
	}
	return text.AsString(), nil
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
