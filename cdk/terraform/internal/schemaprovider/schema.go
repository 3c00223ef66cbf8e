package schemaprovider

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Address is the source address of the provider that this one stands for, and
// Version the release its schema is of.
const (
	Address = "registry.terraform.io/hashicorp/aws"
	Version = "6.66.0"
)

//go:embed aws-6.66.0.schema.json.gz
var schemaFile []byte

// kind is a type of resource or data source, or the provider's own block.
type kind struct {
	name   string // as in an address, "data." before that of a data source
	schema *tfprotov6.Schema
	typ    tftypes.Type
}

type catalogue struct {
	provider  kind
	resources map[string]kind
	data      map[string]kind
}

func loadCatalogue(compressed []byte) (catalogue, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return catalogue{}, fmt.Errorf("unpack the schema of %s: %w", Address, err)
	}
	var document tfjson.ProviderSchemas
	if err := json.NewDecoder(unpacked).Decode(&document); err != nil {
		return catalogue{}, fmt.Errorf("read the schema of %s: %w", Address, err)
	}
	schemas, ok := document.Schemas[Address]
	if !ok {
		return catalogue{}, fmt.Errorf("the schema file has no provider %s", Address)
	}
	c := catalogue{}
	if c.provider, err = newKind("provider", schemas.ConfigSchema); err != nil {
		return catalogue{}, err
	}
	if c.resources, err = newKinds("", schemas.ResourceSchemas); err != nil {
		return catalogue{}, err
	}
	c.data, err = newKinds("data.", schemas.DataSourceSchemas)
	return c, err
}

func newKinds(prefix string, schemas map[string]*tfjson.Schema) (map[string]kind, error) {
	kinds := make(map[string]kind, len(schemas))
	for name, schema := range schemas {
		k, err := newKind(prefix+name, schema)
		if err != nil {
			return nil, err
		}
		kinds[name] = k
	}
	return kinds, nil
}

func newKind(name string, schema *tfjson.Schema) (kind, error) {
	block, err := blockOf(schema.Block)
	if err != nil {
		return kind{}, fmt.Errorf("%s: %w", name, err)
	}
	converted := &tfprotov6.Schema{Version: int64(schema.Version), Block: block}
	return kind{name: name, schema: converted, typ: converted.ValueType()}, nil
}

// blockOf converts a block of the file to that of the protocol. The file has no
// descriptions.
func blockOf(from *tfjson.SchemaBlock) (*tfprotov6.SchemaBlock, error) {
	block := &tfprotov6.SchemaBlock{}
	for _, name := range slices.Sorted(maps.Keys(from.Attributes)) {
		a := from.Attributes[name]
		typ, err := typeOf(a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		block.Attributes = append(block.Attributes, &tfprotov6.SchemaAttribute{
			Name: name, Type: typ, Required: a.Required, Optional: a.Optional, Computed: a.Computed,
			Sensitive: a.Sensitive, WriteOnly: a.WriteOnly,
		})
	}
	nesting := map[tfjson.SchemaNestingMode]tfprotov6.SchemaNestedBlockNestingMode{
		tfjson.SchemaNestingModeSingle: tfprotov6.SchemaNestedBlockNestingModeSingle,
		tfjson.SchemaNestingModeList:   tfprotov6.SchemaNestedBlockNestingModeList,
		tfjson.SchemaNestingModeSet:    tfprotov6.SchemaNestedBlockNestingModeSet,
	}
	for _, name := range slices.Sorted(maps.Keys(from.NestedBlocks)) {
		b := from.NestedBlocks[name]
		mode, known := nesting[b.NestingMode]
		if !known {
			return nil, fmt.Errorf("%s: unknown nesting mode %q", name, b.NestingMode)
		}
		inner, err := blockOf(b.Block)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		block.BlockTypes = append(block.BlockTypes, &tfprotov6.SchemaNestedBlock{
			TypeName: name, Block: inner, Nesting: mode, MinItems: int64(b.MinItems), MaxItems: int64(b.MaxItems),
		})
	}
	return block, nil
}

// typeOf converts the type of an attribute to that of the protocol.
func typeOf(a *tfjson.SchemaAttribute) (tftypes.Type, error) {
	if a.AttributeNestedType != nil {
		return nil, fmt.Errorf("nested attributes are not supported: no type of hashicorp/aws %s has any", Version)
	}
	raw, err := a.AttributeType.MarshalJSON()
	if err != nil {
		return nil, err
	}
	//lint:ignore SA1019 it wants the form that Terraform writes, which the file is in
	return tftypes.ParseJSONType(raw)
}

// attribute returns the attribute at a path, nil where the path leads to a block or
// into an attribute.
func (k kind) attribute(path *tftypes.AttributePath) *tfprotov6.SchemaAttribute {
	block := k.schema.Block
	var found *tfprotov6.SchemaAttribute
	for _, step := range path.Steps() {
		name, named := step.(tftypes.AttributeName)
		switch {
		case found != nil:
			return nil
		case !named: // one of several blocks
			continue
		}
		if at := slices.IndexFunc(block.BlockTypes, func(b *tfprotov6.SchemaNestedBlock) bool { return b.TypeName == string(name) }); at >= 0 {
			block = block.BlockTypes[at].Block
		} else if at := slices.IndexFunc(block.Attributes, func(a *tfprotov6.SchemaAttribute) bool { return a.Name == string(name) }); at >= 0 {
			found = block.Attributes[at]
		}
	}
	return found
}

// dotted writes the names on a path, without indices and keys.
func dotted(path *tftypes.AttributePath) string {
	var names []string
	for _, step := range path.Steps() {
		if name, is := step.(tftypes.AttributeName); is {
			names = append(names, string(name))
		}
	}
	return strings.Join(names, ".")
}

func (k kind) decode(v *tfprotov6.DynamicValue) (tftypes.Value, error) {
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

// field returns an attribute of an object, as text: empty for one that is none, or
// is not known.
func field(object tftypes.Value, name string) string {
	var fields map[string]tftypes.Value
	if object.As(&fields) != nil {
		return ""
	}
	return textOf(fields[name])
}

func textOf(v tftypes.Value) string {
	var text string
	if v.Type() == nil || !v.Type().Is(tftypes.String) || !v.IsKnown() || v.As(&text) != nil {
		return ""
	}
	return text
}
