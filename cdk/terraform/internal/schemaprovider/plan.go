package schemaprovider

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// leaveOpen marks as unknown what is the provider's to give: a computed attribute
// that neither the configuration nor an earlier apply gave a value. A write-only
// attribute is null in every plan and state.
func leaveOpen(block *tfprotov6.SchemaBlock, v tftypes.Value) (tftypes.Value, error) {
	attributes := make(map[string]*tfprotov6.SchemaAttribute, len(block.Attributes))
	for _, a := range block.Attributes {
		attributes[a.Name] = a
	}
	nested := make(map[string]*tfprotov6.SchemaNestedBlock, len(block.BlockTypes))
	for _, b := range block.BlockTypes {
		nested[b.TypeName] = b
	}
	return rebuild(v, func(name string, part tftypes.Value) (tftypes.Value, error) {
		if b, ok := nested[name]; ok {
			return leaveBlocksOpen(b, part)
		}
		switch a := attributes[name]; {
		case a.WriteOnly:
			return tftypes.NewValue(a.Type, nil), nil
		case a.Computed && part.IsNull():
			return tftypes.NewValue(a.Type, tftypes.UnknownValue), nil
		default:
			return part, nil
		}
	})
}

func leaveBlocksOpen(b *tfprotov6.SchemaNestedBlock, v tftypes.Value) (tftypes.Value, error) {
	switch b.Nesting {
	case tfprotov6.SchemaNestedBlockNestingModeSingle, tfprotov6.SchemaNestedBlockNestingModeGroup:
		return leaveOpen(b.Block, v)
	default:
		return rebuild(v, func(_ string, item tftypes.Value) (tftypes.Value, error) {
			return leaveOpen(b.Block, item)
		})
	}
}

// settings are what the provider block says of every resource.
type settings struct {
	region      string
	defaultTags tftypes.Value // map of string, null when there are none
}

// settle gives the computed attributes that the real provider knows at plan time:
// where the resource is, and its tags together with the default ones.
func (s settings) settle(k kind, config, planned tftypes.Value) (tftypes.Value, error) {
	configured, err := partsOf(config)
	if err != nil {
		return planned, err
	}
	return rebuild(planned, func(name string, part tftypes.Value) (tftypes.Value, error) {
		switch given, ok := configured.fields[name]; {
		case !ok || !given.IsNull():
			return part, nil
		case name == "region" && part.Type().Is(tftypes.String) && !part.IsKnown():
			return tftypes.NewValue(tftypes.String, s.region), nil
		case name == "tags_all" && k.attribute("tags") != nil:
			return s.allTags(configured.fields["tags"])
		default:
			return part, nil
		}
	})
}

func (s settings) allTags(own tftypes.Value) (tftypes.Value, error) {
	typ := tftypes.Map{ElementType: tftypes.String}
	all := map[string]tftypes.Value{}
	for _, tags := range []tftypes.Value{s.defaultTags, own} {
		if !tags.IsKnown() {
			return tftypes.NewValue(typ, tftypes.UnknownValue), nil
		}
		if tags.IsNull() {
			continue
		}
		p, err := partsOf(tags)
		if err != nil {
			return own, err
		}
		for key, value := range p.fields {
			all[key] = value
		}
	}
	return tftypes.NewValue(typ, all), nil
}
