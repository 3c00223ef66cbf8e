package stack_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

func TestTemplates_are_those_that_were_reviewed(t *testing.T) {
	t.Parallel()
	for p, stacks := range map[*platform][]string{
		dev(t): {network, data, pipeline, observability}, prod(t): {network, data, pipeline, observability}, paused(t): {data},
	} {
		for _, name := range stacks {
			golden := filepath.Join("testdata", p.settings.Name+"-"+strings.ToLower(name)+".template.json")
			got := p.stacks[name].raw
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s (-reviewed +synthesized); when it is as meant: go test ./cdk/stack -update\n%s", golden, difference(t, want, got))
			}
		}
	}
}

func TestTemplates_are_the_same_bytes_every_time(t *testing.T) {
	t.Parallel()
	first, second := dev(t), again(t)
	if first.folder == second.folder {
		t.Fatal("the two are one")
	}
	for name, stack := range first.stacks {
		if !bytes.Equal(stack.raw, second.stacks[name].raw) {
			t.Errorf("%s differs (-first +second)\n%s", name, difference(t, stack.raw, second.stacks[name].raw))
		}
		same(t, name+"'s artifact", second.stacks[name].properties, stack.properties)
	}
}

func difference(t *testing.T, want, got []byte) string {
	t.Helper()
	decode := func(raw []byte) (out any) {
		if err := json.Unmarshal(raw, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	return cmp.Diff(decode(want), decode(got))
}
