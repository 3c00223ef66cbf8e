package terraform

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// evaluate computes an expression of the tables for a variant, as text.
func evaluate(expression string, values map[string]map[string]Value, v variant) (string, error) {
	parsed, problems := hclsyntax.ParseExpression([]byte(expression), "table", hcl.InitialPos)
	if problems.HasErrors() {
		return "", fmt.Errorf("the expression %s: %w", expression, problems)
	}
	variables := map[string]cty.Value{}
	for name, byStage := range values {
		variables[name] = plainValue(byStage[v.stage])
	}
	result, problems := parsed.Value(&hcl.EvalContext{
		Variables: map[string]cty.Value{
			"var":   cty.ObjectVal(variables),
			"count": cty.ObjectVal(map[string]cty.Value{"index": cty.NumberIntVal(int64(v.index))}),
		},
		Functions: map[string]function.Function{
			"format": stdlib.FormatFunc, "split": stdlib.SplitFunc, "tonumber": stdlib.MakeToFunc(cty.Number), "cidrsubnet": cidrSubnet(),
		},
	})
	if problems.HasErrors() {
		return "", fmt.Errorf("the expression %s: %w", expression, problems)
	}
	result, err := convert.Convert(result, cty.String)
	if err != nil || result.IsNull() {
		return "", fmt.Errorf("the expression %s gives no text", expression)
	}
	return result.AsString(), nil
}

func plainValue(v Value) cty.Value {
	switch v := v.(type) {
	case string:
		return cty.StringVal(v)
	case bool:
		return cty.BoolVal(v)
	case json.Number:
		if number, err := cty.ParseNumberVal(v.String()); err == nil {
			return number
		}
	}
	return cty.NullVal(cty.DynamicPseudoType)
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
