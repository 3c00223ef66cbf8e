package schemaprovider

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
)

func blockOf(from *tfjson.SchemaBlock) (*tfprotov6.SchemaBlock, error) {
	block := &tfprotov6.SchemaBlock{
		Description:     from.Description,
		DescriptionKind: descriptionKind(from.DescriptionKind),
		Deprecated:      from.Deprecated,
	}
	for _, name := range slices.Sorted(maps.Keys(from.Attributes)) {
		attribute, err := attributeOf(name, from.Attributes[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		block.Attributes = append(block.Attributes, attribute)
	}
	for _, name := range slices.Sorted(maps.Keys(from.NestedBlocks)) {
		nested, err := nestedBlockOf(name, from.NestedBlocks[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		block.BlockTypes = append(block.BlockTypes, nested)
	}
	return block, nil
}

func attributeOf(name string, from *tfjson.SchemaAttribute) (*tfprotov6.SchemaAttribute, error) {
	if from.AttributeNestedType != nil {
		return nil, errors.New("nested attributes are not supported: no type of hashicorp/aws " + Version + " has any")
	}
	typ, err := typeOf(from.AttributeType)
	if err != nil {
		return nil, err
	}
	return &tfprotov6.SchemaAttribute{
		Name:            name,
		Type:            typ,
		Description:     from.Description,
		DescriptionKind: descriptionKind(from.DescriptionKind),
		Required:        from.Required,
		Optional:        from.Optional,
		Computed:        from.Computed,
		Sensitive:       from.Sensitive,
		Deprecated:      from.Deprecated,
		WriteOnly:       from.WriteOnly,
	}, nil
}

func nestedBlockOf(name string, from *tfjson.SchemaBlockType) (*tfprotov6.SchemaNestedBlock, error) {
	nesting, err := nestingOf(from.NestingMode)
	if err != nil {
		return nil, err
	}
	block, err := blockOf(from.Block)
	if err != nil {
		return nil, err
	}
	return &tfprotov6.SchemaNestedBlock{
		TypeName: name,
		Block:    block,
		Nesting:  nesting,
		MinItems: int64(from.MinItems),
		MaxItems: int64(from.MaxItems),
	}, nil
}

func nestingOf(mode tfjson.SchemaNestingMode) (tfprotov6.SchemaNestedBlockNestingMode, error) {
	switch mode {
	case tfjson.SchemaNestingModeSingle:
		return tfprotov6.SchemaNestedBlockNestingModeSingle, nil
	case tfjson.SchemaNestingModeGroup:
		return tfprotov6.SchemaNestedBlockNestingModeGroup, nil
	case tfjson.SchemaNestingModeList:
		return tfprotov6.SchemaNestedBlockNestingModeList, nil
	case tfjson.SchemaNestingModeSet:
		return tfprotov6.SchemaNestedBlockNestingModeSet, nil
	case tfjson.SchemaNestingModeMap:
		return tfprotov6.SchemaNestedBlockNestingModeMap, nil
	default:
		return tfprotov6.SchemaNestedBlockNestingModeInvalid, fmt.Errorf("unknown nesting mode %q", mode)
	}
}

func descriptionKind(from tfjson.SchemaDescriptionKind) tfprotov6.StringKind {
	if from == tfjson.SchemaDescriptionKindMarkdown {
		return tfprotov6.StringKindMarkdown
	}
	return tfprotov6.StringKindPlain
}

// typeOf converts the type of an attribute to that of the protocol.
func typeOf(from cty.Type) (tftypes.Type, error) {
	switch {
	case from == cty.NilType:
		return nil, errors.New("no type is given")
	case from == cty.String:
		return tftypes.String, nil
	case from == cty.Number:
		return tftypes.Number, nil
	case from == cty.Bool:
		return tftypes.Bool, nil
	case from.IsObjectType():
		object := tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}
		for name, attribute := range from.AttributeTypes() {
			typ, err := typeOf(attribute)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			object.AttributeTypes[name] = typ
		}
		return object, nil
	case from.IsListType(), from.IsSetType(), from.IsMapType():
		element, err := typeOf(from.ElementType())
		switch {
		case err != nil:
			return nil, err
		case from.IsListType():
			return tftypes.List{ElementType: element}, nil
		case from.IsSetType():
			return tftypes.Set{ElementType: element}, nil
		default:
			return tftypes.Map{ElementType: element}, nil
		}
	default:
		return nil, fmt.Errorf("type %s is not supported", from.FriendlyName())
	}
}
