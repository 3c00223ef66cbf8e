package stack_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

// asserted is a stack for the assertions of the CDK, which panic when they do not
// hold. Its tests are not parallel.
type asserted struct {
	name     string
	template assertions.Template
}

// assert returns the stack's template for assertions.
func (p *platform) assert(t *testing.T, stack string) asserted {
	t.Helper()
	return asserted{p.settings.Name + "/" + stack, assertions.Template_FromStack(p.stacks[stack].construct, nil)}
}

// expect makes an error of the panic of an assertion that does not hold.
func (a asserted) expect(t *testing.T, assertion func()) {
	t.Helper()
	if failed := recovered(assertion); failed != nil {
		t.Errorf("%s: %v", a.name, failed)
	}
}

func recovered(do func()) (panicked any) {
	defer func() { panicked = recover() }()
	do()
	return nil
}

// has demands a resource of the type with these properties. Objects may have
// more members than is said, lists may not.
func (a asserted) has(t *testing.T, kind string, properties object) {
	t.Helper()
	a.expect(t, func() { a.template.HasResourceProperties(jsii.String(kind), properties) })
}

// eachHas demands the properties of every resource of the type.
func (a asserted) eachHas(t *testing.T, kind string, properties object) {
	t.Helper()
	a.expect(t, func() { a.template.AllResourcesProperties(jsii.String(kind), properties) })
}

// is demands a resource of the type with this around its properties, such as
// DeletionPolicy.
func (a asserted) is(t *testing.T, kind string, definition object) {
	t.Helper()
	a.expect(t, func() { a.template.HasResource(jsii.String(kind), definition) })
}

// count demands how many resources of the type there are.
func (a asserted) count(t *testing.T, kind string, want int) {
	t.Helper()
	a.expect(t, func() { a.template.ResourceCountIs(jsii.String(kind), jsii.Number(want)) })
}

// none demands that there are no resources of the types.
func (a asserted) none(t *testing.T, kinds ...string) {
	t.Helper()
	for _, kind := range kinds {
		a.count(t, kind, 0)
	}
}

// Matchers that stand in what is expected.
func like(members object) assertions.Matcher { return assertions.Match_ObjectLike(&members) }
func with(items ...any) assertions.Matcher   { return assertions.Match_ArrayWith(&items) }
func absent() assertions.Matcher             { return assertions.Match_Absent() }

// same demands that two values are the same JSON.
func same(t *testing.T, what, got, want any) {
	t.Helper()
	if diff := cmp.Diff(asJSON(t, want), asJSON(t, got)); diff != "" {
		t.Errorf("%v is not as expected (-want +got):\n%s", what, diff)
	}
}

func asJSON(t *testing.T, value any) any {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// each runs a test for both deployed stages.
func each(t *testing.T, test func(t *testing.T, p *platform)) {
	t.Helper()
	for _, p := range both(t) {
		t.Run(p.settings.Name, func(t *testing.T) { test(t, p) })
	}
}
