package schemaprovider

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// AccountID is the account that every placeholder and aws_caller_identity name.
const AccountID = "123456789012"

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// placeholders stand for what AWS would have answered about one resource. Each
// has the token TYPE/IDENTITY/ATTRIBUTE in it, by which a reader finds again which
// value was built from which resource. The identity follows from the
// configuration alone: two resources share theirs only if they have the same type
// and every argument in common.
type placeholders struct {
	kind     string
	identity string
	region   string
	rules    rules
	digest   [sha256.Size]byte
}

// leaveOpen marks as unknown what is the provider's to give: a computed attribute
// that neither the configuration nor an earlier apply gave a value. A write-only
// attribute is null in every plan and state.
func leaveOpen(k kind, v tftypes.Value) (tftypes.Value, error) {
	return tftypes.Transform(v, func(at *tftypes.AttributePath, part tftypes.Value) (tftypes.Value, error) {
		switch a := k.attribute(at); {
		case a == nil:
			return part, nil
		case a.WriteOnly:
			return tftypes.NewValue(a.Type, nil), nil
		case a.Computed && part.IsNull():
			return tftypes.NewValue(a.Type, tftypes.UnknownValue), nil
		default:
			return part, nil
		}
	})
}

// fill replaces every unknown in the value, by what is known of it or by its
// placeholder, but for the attributes that stay unknown.
func (s *Server) fill(k kind, config, value tftypes.Value, known map[string]tftypes.Value, stays func(*tfprotov6.SchemaAttribute) bool) (tftypes.Value, error) {
	p, err := newPlaceholders(k, config, s.rules, *s.region.Load())
	if err != nil {
		return value, err
	}
	return tftypes.Transform(value, func(at *tftypes.AttributePath, part tftypes.Value) (tftypes.Value, error) {
		if part.IsKnown() || stays(k.attribute(at)) {
			return part, nil
		}
		if fact, is := known[dotted(at)]; is {
			return fact, nil
		}
		return p.of(part.Type(), dotted(at))
	})
}

// flag tells of a boolean argument: as a placeholder it would be one of the two values
// that the configuration may give it.
func flag(a *tfprotov6.SchemaAttribute) bool {
	return a != nil && a.Optional && a.Type.Is(tftypes.Bool)
}

func none(*tfprotov6.SchemaAttribute) bool { return false }

func newPlaceholders(k kind, config tftypes.Value, r rules, region string) (placeholders, error) {
	arguments, err := leaveOpen(k, config)
	if err != nil {
		return placeholders{}, err
	}
	p := placeholders{kind: k.name, region: region, rules: r}
	p.digest = sha256.Sum256([]byte(k.name + "\n" + region + "\n" + arguments.String()))
	p.identity = hex.EncodeToString(p.digest[:4])
	for _, argument := range slices.Backward(r.Names) {
		if name := strings.Trim(notInNames.ReplaceAllString(field(config, argument), "-"), "-."); name != "" {
			p.identity = name + "-" + hex.EncodeToString(p.digest[:4])
		}
	}
	return p, nil
}

// of returns the placeholder of an attribute, of the attribute's type. A
// collection has one element, so that an index of zero into it resolves.
func (p placeholders) of(typ tftypes.Type, at string) (tftypes.Value, error) {
	switch t := typ.(type) {
	case tftypes.List:
		element, err := p.of(t.ElementType, at)
		return tftypes.NewValue(typ, []tftypes.Value{element}), err
	case tftypes.Set:
		element, err := p.of(t.ElementType, at)
		return tftypes.NewValue(typ, []tftypes.Value{element}), err
	case tftypes.Map:
		element, err := p.of(t.ElementType, at)
		return tftypes.NewValue(typ, map[string]tftypes.Value{"placeholder": element}), err
	case tftypes.Object:
		fields := make(map[string]tftypes.Value, len(t.AttributeTypes))
		for name, attribute := range t.AttributeTypes {
			var err error
			if fields[name], err = p.of(attribute, at+"."+name); err != nil {
				return tftypes.Value{}, err
			}
		}
		return tftypes.NewValue(typ, fields), nil
	}
	switch {
	case typ.Is(tftypes.String):
		return tftypes.NewValue(typ, p.text(at)), nil
	case typ.Is(tftypes.Number):
		return tftypes.NewValue(typ, p.number(at)), nil
	case typ.Is(tftypes.Bool):
		return tftypes.NewValue(typ, false), nil
	default:
		return tftypes.Value{}, fmt.Errorf("%s.%s: no placeholder is of type %s", p.kind, at, typ)
	}
}

func (p placeholders) text(at string) string {
	token := p.kind + "/" + p.identity + "/" + at
	attribute := at[strings.LastIndexByte(at, '.')+1:]
	switch {
	case slices.Contains(p.rules.JSON, p.kind+"."+at):
		return `{"placeholder":"` + token + `"}`
	case attribute == "arn" || strings.HasSuffix(attribute, "_arn"):
		service, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(p.kind, "data."), "aws_"), "_")
		return strings.Join([]string{"arn:aws", service, p.region, AccountID, "placeholder", token}, ":")
	default:
		return token
	}
}

// number is different for each attribute and resource, above what a configuration
// is likely to hold and within 31 bits.
func (p placeholders) number(at string) int64 {
	digest := sha256.Sum256(append(p.digest[:], at...))
	return 1<<30 + int64(binary.BigEndian.Uint32(digest[:])>>2)
}

// facts returns the attributes of a data source that have a value of a usual form,
// and not a placeholder.
func facts(source, region string) map[string]tftypes.Value {
	text := func(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }
	switch source {
	case "data.aws_caller_identity":
		return map[string]tftypes.Value{"account_id": text(AccountID)}
	case "data.aws_partition":
		return map[string]tftypes.Value{"partition": text("aws"), "dns_suffix": text("amazonaws.com")}
	case "data.aws_region":
		return map[string]tftypes.Value{"region": text(region)}
	case "data.aws_availability_zones":
		zones := []tftypes.Value{text(region + "a"), text(region + "b"), text(region + "c")}
		return map[string]tftypes.Value{"names": tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, zones)}
	default:
		return nil
	}
}
