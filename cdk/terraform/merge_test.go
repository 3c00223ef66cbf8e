package terraform

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEither_writes(t *testing.T) {
	flag := Variable("tracing")
	for name, c := range map[string]struct{ yes, no, want Value }{
		"one value where both are alike":   {"a", "a", "a"},
		"the flag itself":                  {true, false, flag},
		"a choice the other way round":     {false, true, Conditional{flag, false, true}},
		"a choice of two values":           {"a", "b", Conditional{flag, "a", "b"}},
		"a value that is there or not":     {"a", nil, Conditional{flag, "a", nil}},
		"an element more at the end":       {List{"a", "b"}, List{"a"}, Call{"concat", []Value{List{"a"}, Conditional{flag, List{"b"}, List{}}}}},
		"elements more all over":           {List{"x", "a", "y", "b", "c"}, List{"a", "b", "c"}, Call{"concat", []Value{Conditional{flag, List{"x"}, List{}}, List{"a"}, Conditional{flag, List{"y"}, List{}}, List{"b", "c"}}}},
		"two lists where each has its own": {List{"a", "b"}, List{"b", "c"}, Conditional{flag, List{"a", "b"}, List{"b", "c"}}},
		"two lists in another order":       {List{"a", "b"}, List{"b", "a"}, Conditional{flag, List{"a", "b"}, List{"b", "a"}}},
		"an element fewer with the flag":   {List{"a"}, List{"a", "b"}, Conditional{flag, List{"a"}, List{"a", "b"}}},
	} {
		if got := either(flag, c.yes, c.no); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
}

func TestMerge_refuses_outputs_that_differ(t *testing.T) {
	made := func(name, description string) output {
		return output{stack: "Pipeline", name: name, description: description, value: "x"}
	}
	for name, c := range map[string]struct {
		dev, prod []output
		want      string
	}{
		"in being there": {[]output{made("QueueUrl", "the queue")}, nil,
			"the output Pipeline/QueueUrl is there in the stages [dev], and the table wants it in [dev prod]"},
		"in being there without the flag": {[]output{made("ApiKeyId", "the key")}, nil,
			"the output Pipeline/ApiKeyId is there in the stages [dev], and the table wants it in []"},
		"in what they say": {[]output{made("QueueUrl", "the queue")}, []output{made("QueueUrl", "a queue")},
			`the output Pipeline/QueueUrl is "the queue" in stage dev and "a queue" in stage prod`},
	} {
		_, err := merge(newTables(), []*stage{{name: "dev", outputs: c.dev}, {name: "prod", outputs: c.prod}})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func TestWhen_refuses_a_block_that_is_there_in_part(t *testing.T) {
	var b body
	for _, condition := range []Value{Variable("tracing"), Variable("tracing")} {
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
