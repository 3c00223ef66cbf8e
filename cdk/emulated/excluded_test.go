package emulated_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// excluded is what the emulator does not have, each with the reason.
type excluded struct {
	Types      map[string]string            // of resource that it cannot make
	Properties map[string]map[string]string // of a type that it makes without them
	NotRun     map[string]string            `yaml:"not_run"` // custom resources whose function is not invoked
}

func readExcluded(t *testing.T) excluded {
	t.Helper()
	raw, err := os.ReadFile("excluded.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out excluded
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	decoder.KnownFields(true)
	if err := decoder.Decode(&out); err != nil {
		t.Fatalf("excluded.yaml: %v", err)
	}
	return out
}

// finding is a resource of a template and what AWS says of it.
type finding struct {
	resource
	got object
	err error
}

// readAll reads every resource that a stack has and that is of AWS.
func (c *cloud) readAll(ctx context.Context) []finding {
	var out []finding
	for _, r := range c.resources {
		f := finding{resource: r}
		if r.ID != "" && !isCustom(r.Type) {
			f.got, f.err = c.read(ctx, r)
		}
		out = append(out, f)
	}
	return out
}

func isCustom(kind string) bool { return strings.HasPrefix(kind, "Custom::") }

// faults are the differences, and what the list says without need.
func (e excluded) faults(findings []finding) []string {
	out, needed, lost := e.compare(findings)
	return append(out, e.needless(needed, lost)...)
}

// differences are those between what the templates say and what was found, save for
// what the list says is missing.
func (e excluded) differences(findings []finding) []string {
	out, _, _ := e.compare(findings)
	return out
}

// compare returns the differences, the entries of the list that are about the findings,
// and of these the properties that are lost.
func (e excluded) compare(findings []finding) (out []string, needed, lost map[string]bool) {
	needed, lost = map[string]bool{}, map[string]bool{}
	for _, f := range findings {
		name := fmt.Sprintf("%s %s (%s)", f.Stack, f.LogicalID, f.Type)
		_, noType := e.Types[f.Type]
		_, notRun := e.NotRun[f.Type]
		needed[f.Type] = true
		switch {
		case noType && f.ID != "":
			out = append(out, name+" is there: take its type off excluded.yaml")
		case noType:
		case f.ID == "":
			out = append(out, name+" is missing: let the emulator make it, or name its type in excluded.yaml with the reason")
		case isCustom(f.Type) && !notRun:
			out = append(out, name+" was not run: name its type in excluded.yaml with the reason")
		case isCustom(f.Type):
		case f.err != nil:
			out = append(out, fmt.Sprintf("%s: %v", name, f.err))
		default:
			for _, property := range slices.Sorted(maps.Keys(f.Properties)) {
				found := objectDifferences("", object{property: f.Properties[property]}, f.got)
				_, listed := e.Properties[f.Type][property]
				needed[f.Type+"."+property] = true
				if listed {
					lost[f.Type+"."+property] = lost[f.Type+"."+property] || len(found) > 0
					continue
				}
				for _, difference := range found {
					out = append(out, name+": "+strings.TrimPrefix(difference, "."))
				}
			}
		}
	}
	return out, needed, lost
}

func (e excluded) needless(needed, lost map[string]bool) []string {
	var out []string
	for _, kind := range slices.Sorted(maps.Keys(e.Types)) {
		if !needed[kind] {
			out = append(out, "excluded.yaml names "+kind+", which no template has")
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(e.NotRun)) {
		if !needed[kind] {
			out = append(out, "excluded.yaml names "+kind+", which no template has")
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(e.Properties)) {
		for _, property := range slices.Sorted(maps.Keys(e.Properties[kind])) {
			switch name := kind + "." + property; {
			case !needed[name]:
				out = append(out, "excluded.yaml names "+name+", which no template has")
			case !lost[name]:
				out = append(out, name+" is kept: take it off excluded.yaml")
			}
		}
	}
	return out
}

func TestFaultsHoldTheListExactBothWays(t *testing.T) {
	t.Parallel()
	const kind = "AWS::SQS::Queue"
	queue := resource{Stack: "s", LogicalID: "Q", Type: kind, ID: "q", Properties: object{"Delay": 1.0}}
	kept, lost := finding{resource: queue, got: object{"Delay": "1"}}, finding{resource: queue, got: object{}}
	absent := finding{resource: resource{Stack: "s", LogicalID: "Q", Type: kind}}
	custom := finding{resource: resource{Stack: "s", LogicalID: "M", Type: "Custom::Move", ID: "m"}}
	without := func(property string) excluded {
		return excluded{Properties: map[string]map[string]string{kind: {property: "why"}}}
	}
	for name, test := range map[string]struct {
		list  excluded
		found []finding
		want  []string
	}{
		"all is there":                      {excluded{}, []finding{kept}, nil},
		"a property is lost":                {excluded{}, []finding{lost}, []string{"s Q (AWS::SQS::Queue): Delay: want 1, got nothing"}},
		"a property is lost, and listed":    {without("Delay"), []finding{lost}, nil},
		"a property is lost by one of two":  {without("Delay"), []finding{kept, lost}, nil},
		"a property is kept, and listed":    {without("Delay"), []finding{kept}, []string{"AWS::SQS::Queue.Delay is kept: take it off excluded.yaml"}},
		"a property is listed that is none": {without("Depth"), []finding{kept}, []string{"excluded.yaml names AWS::SQS::Queue.Depth, which no template has"}},
		"a resource is missing":             {excluded{}, []finding{absent}, []string{"s Q (AWS::SQS::Queue) is missing: let the emulator make it, or name its type in excluded.yaml with the reason"}},
		"a resource is missing, and listed": {excluded{Types: map[string]string{kind: "why"}}, []finding{absent}, nil},
		"a resource is there, and listed":   {excluded{Types: map[string]string{kind: "why"}}, []finding{kept}, []string{"s Q (AWS::SQS::Queue) is there: take its type off excluded.yaml"}},
		"a type is listed that is none":     {excluded{Types: map[string]string{"AWS::X::Y": "why"}}, nil, []string{"excluded.yaml names AWS::X::Y, which no template has"}},
		"a resource cannot be read":         {excluded{}, []finding{{resource: queue, err: errors.New("no answer")}}, []string{"s Q (AWS::SQS::Queue): no answer"}},
		"a custom resource":                 {excluded{}, []finding{custom}, []string{"s M (Custom::Move) was not run: name its type in excluded.yaml with the reason"}},
		"a custom resource, and listed":     {excluded{NotRun: map[string]string{"Custom::Move": "why"}}, []finding{custom}, nil},
		"a custom type is listed for none":  {excluded{NotRun: map[string]string{"Custom::Move": "why"}}, nil, []string{"excluded.yaml names Custom::Move, which no template has"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.list.faults(test.found)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
