package schemaprovider

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// AccountID is the account that every placeholder and aws_caller_identity name.
const AccountID = "123456789012"

const (
	// The readable part of an identity, so that a placeholder fits on a line.
	maxNameLength = 48
	digestLength  = 8
)

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// placeholders stand for what AWS would have answered about one resource. Each
// has the token TYPE/IDENTITY/ATTRIBUTE in it, by which a test finds again which
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

func (s settings) placeholders(k kind, r rules, config tftypes.Value) (placeholders, error) {
	arguments, err := leaveOpen(k.schema.Block, config)
	if err != nil {
		return placeholders{}, err
	}
	value, err := plain(arguments)
	if err != nil {
		return placeholders{}, err
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return placeholders{}, fmt.Errorf("%s: %w", k.name, err)
	}
	p := placeholders{kind: k.name, region: s.region, rules: r}
	p.digest = sha256.Sum256([]byte(k.name + "\n" + s.region + "\n" + string(encoded)))
	p.identity = hex.EncodeToString(p.digest[:])[:digestLength]
	if name := r.nameIn(value); name != "" {
		p.identity = name + "-" + p.identity
	}
	return p, nil
}

// nameIn returns what the resource is called, in the letters that a placeholder
// may have, or nothing.
func (r rules) nameIn(config any) string {
	arguments, ok := config.(map[string]any)
	if !ok {
		return ""
	}
	candidates := make([]any, 0, len(r.Names)+1)
	for _, attribute := range r.Names {
		candidates = append(candidates, arguments[attribute])
	}
	if tags, ok := arguments["tags"].(map[string]any); ok {
		candidates = append(candidates, tags["Name"])
	}
	for _, candidate := range candidates {
		if name, ok := candidate.(string); ok && name != "" {
			name = notInNames.ReplaceAllString(name, "-")
			return strings.Trim(name[:min(len(name), maxNameLength)], "-.")
		}
	}
	return ""
}

// resolve replaces every unknown in the value by its placeholder.
func (p placeholders) resolve(v tftypes.Value, at string) (tftypes.Value, error) {
	if !v.IsKnown() {
		return p.of(v.Type(), at)
	}
	return rebuild(v, func(step string, part tftypes.Value) (tftypes.Value, error) {
		return p.resolve(part, under(at, step))
	})
}

func under(at, step string) string {
	if at == "" {
		return step
	}
	return at + "." + step
}

// of returns the placeholder of an attribute, of the attribute's type. A
// collection has one element, so that an index of zero into it resolves.
func (p placeholders) of(typ tftypes.Type, at string) (tftypes.Value, error) {
	switch t := typ.(type) {
	case tftypes.List:
		return p.collection(typ, t.ElementType, at)
	case tftypes.Set:
		return p.collection(typ, t.ElementType, at)
	case tftypes.Map:
		element, err := p.of(t.ElementType, under(at, "placeholder"))
		return tftypes.NewValue(typ, map[string]tftypes.Value{"placeholder": element}), err
	case tftypes.Object:
		fields := make(map[string]tftypes.Value, len(t.AttributeTypes))
		for name, attribute := range t.AttributeTypes {
			var err error
			if fields[name], err = p.of(attribute, under(at, name)); err != nil {
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

func (p placeholders) collection(typ, element tftypes.Type, at string) (tftypes.Value, error) {
	first, err := p.of(element, under(at, "0"))
	return tftypes.NewValue(typ, []tftypes.Value{first}), err
}

func (p placeholders) text(at string) string {
	token := p.kind + "/" + p.identity + "/" + at
	attribute := at[strings.LastIndexByte(at, '.')+1:]
	switch {
	case p.rules.isJSON(p.kind + "." + at):
		return `{"placeholder":"` + token + `"}`
	case attribute == "arn" || strings.HasSuffix(attribute, "_arn"):
		return strings.Join([]string{"arn", partitionOf(p.region).name, p.service(), p.region, AccountID, token}, ":")
	default:
		return token
	}
}

func (p placeholders) service() string {
	words := strings.Split(strings.TrimPrefix(p.kind, "data."), "_")
	if len(words) < 3 {
		return words[len(words)-1]
	}
	return words[1]
}

// number is different for each attribute and resource, above what a configuration
// is likely to hold and within 31 bits.
func (p placeholders) number(at string) int64 {
	digest := sha256.Sum256(append(p.digest[:], at...))
	return 1<<30 + int64(binary.BigEndian.Uint32(digest[:])>>2)
}
