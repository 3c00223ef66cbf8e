package schemaprovider

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The digest is that of the document as `terraform providers schema -json` wrote
// it; README.md says how to make another.
func TestSchema_is_that_of_the_release(t *testing.T) {
	t.Parallel()
	unpacked, err := gzip.NewReader(bytes.NewReader(schemaFile))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.New()
	if _, err := io.Copy(digest, unpacked); err != nil {
		t.Fatal(err)
	}
	if got, want := hex.EncodeToString(digest.Sum(nil)), "49f6fb4af0f3d8c5d1305735e482f1b8b0680c836fbead9d70cb818ecb636c45"; got != want {
		t.Errorf("digest = %s, want %s", got, want)
	}
	s := unconfigured(t, Unknown)
	metadata, err := s.GetMetadata(t.Context(), &tfprotov6.GetMetadataRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if resources, data := len(metadata.Resources), len(metadata.DataSources); resources != 153 || data != 30 {
		t.Errorf("%d resource types and %d data sources, want 153 and 30", resources, data)
	}
}

func pack(t *testing.T, document string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(document)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const schemaOfEverything = `{"format_version":"1.0","provider_schemas":{"registry.terraform.io/hashicorp/aws":{
  "provider":{"version":0,"block":{}},
  "data_source_schemas":{},
  "resource_schemas":{"aws_thing":{"version":3,"block":{
    "attributes":{
      "text":{"type":"string","required":true,"sensitive":true},
      "number":{"type":"number","optional":true,"computed":true},
      "flag":{"type":"bool","optional":true,"write_only":true},
      "rows":{"type":["list",["object",{"a":"string","b":["set","number"]}]],"computed":true},
      "map":{"type":["map","bool"],"optional":true}},
    "block_types":{
      "one":{"nesting_mode":"single","block":{}},
      "several":{"nesting_mode":"set","min_items":1,"block":{}},
      "list":{"nesting_mode":"list","min_items":1,"max_items":2,"block":{"attributes":{"x":{"type":"string","required":true}}}}}}}}}}}`

func TestCatalogue_keeps_everything_that_a_schema_says(t *testing.T) {
	t.Parallel()
	c, err := loadCatalogue(pack(t, schemaOfEverything))
	if err != nil {
		t.Fatal(err)
	}
	want := &tfprotov6.Schema{Version: 3, Block: &tfprotov6.SchemaBlock{
		Attributes: []*tfprotov6.SchemaAttribute{
			{Name: "flag", Type: tftypes.Bool, Optional: true, WriteOnly: true},
			{Name: "map", Type: tftypes.Map{ElementType: tftypes.Bool}, Optional: true},
			{Name: "number", Type: tftypes.Number, Optional: true, Computed: true},
			{Name: "rows", Computed: true, Type: tftypes.List{ElementType: tftypes.Object{AttributeTypes: map[string]tftypes.Type{
				"a": tftypes.String, "b": tftypes.Set{ElementType: tftypes.Number},
			}}}},
			{Name: "text", Type: tftypes.String, Required: true, Sensitive: true},
		},
		BlockTypes: []*tfprotov6.SchemaNestedBlock{
			{TypeName: "list", Nesting: tfprotov6.SchemaNestedBlockNestingModeList, MinItems: 1, MaxItems: 2, Block: &tfprotov6.SchemaBlock{
				Attributes: []*tfprotov6.SchemaAttribute{{Name: "x", Type: tftypes.String, Required: true}},
			}},
			{TypeName: "one", Nesting: tfprotov6.SchemaNestedBlockNestingModeSingle, Block: &tfprotov6.SchemaBlock{}},
			{TypeName: "several", Nesting: tfprotov6.SchemaNestedBlockNestingModeSet, MinItems: 1, Block: &tfprotov6.SchemaBlock{}},
		},
	}}
	if diff := cmp.Diff(want, c.resources["aws_thing"].schema); diff != "" {
		t.Errorf("-want +got: %s", diff)
	}
}

func TestCatalogue_says_what_it_cannot_read(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ document, want string }{
		"another provider": {
			`{"format_version":"1.0","provider_schemas":{}}`,
			"the schema file has no provider registry.terraform.io/hashicorp/aws"},
		"a nested attribute": {
			strings.Replace(schemaOfEverything, `"type":["map","bool"]`, `"nested_type":{"nesting_mode":"single","attributes":{}}`, 1),
			"aws_thing: map: nested attributes are not supported: no type of hashicorp/aws 6.66.0 has any"},
		"an unknown nesting mode": {
			strings.Replace(schemaOfEverything, `"single"`, `"heap"`, 1),
			`aws_thing: one: unknown nesting mode "heap"`},
		"a future format": {
			`{"format_version":"2.0"}`,
			`read the schema of registry.terraform.io/hashicorp/aws: unsupported provider schema format version: "2.0.0" does not satisfy ">= 0.1, < 2.0"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := loadCatalogue(pack(t, test.document))
			if err == nil || err.Error() != test.want {
				t.Fatalf("error = %v\nwant   %s", err, test.want)
			}
		})
	}
}
