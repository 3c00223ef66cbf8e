package schemaprovider

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"

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
	if schema == nil || schema.Block == nil {
		return kind{}, fmt.Errorf("%s has no schema", name)
	}
	block, err := blockOf(schema.Block)
	if err != nil {
		return kind{}, fmt.Errorf("%s: %w", name, err)
	}
	converted := &tfprotov6.Schema{Version: int64(schema.Version), Block: block}
	return kind{name: name, schema: converted, typ: converted.ValueType()}, nil
}

// attribute returns the type of a top-level attribute, nil when there is none.
func (k kind) attribute(name string) tftypes.Type {
	for _, a := range k.schema.Block.Attributes {
		if a.Name == name {
			return a.Type
		}
	}
	return nil
}
