package terraform

import (
	"testing"

	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

func TestWhen_refuses_a_block_that_is_there_in_part(t *testing.T) {
	var b body
	for _, condition := range []hcl.Value{hcl.Variable("tracing"), hcl.Variable("tracing")} {
		if err := b.when("tracing_config", condition); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.when("tracing_config", nil); err == nil || err.Error() != "one part of the block tracing_config is there always, and another is not" {
		t.Errorf("got %v", err)
	}
	if err := b.when("logging_config", nil); err != nil || len(b.blocks) != 2 {
		t.Errorf("got %v and %d blocks, want two", err, len(b.blocks))
	}
}
