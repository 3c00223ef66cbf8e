package stack_test

import (
	"fmt"
	"slices"
	"testing"
)

// statement is one statement of a policy, its lists sorted: the CDK writes one
// value without the list, and sorts by what is not readable.
type statement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal any `json:",omitempty"`
	Actions   []string
	Resources []string `json:",omitempty"`
	Condition any      `json:",omitempty"`
}

// statements returns those of the policy document at the path.
func (r *resource) statements(path ...string) []statement {
	list, _ := r.plain(append(path, "Statement")...).([]any)
	var out []statement
	for _, each := range list {
		s := each.(object)
		sid, _ := s["Sid"].(string)
		out = append(out, statement{
			Sid: sid, Effect: s["Effect"].(string), Principal: s["Principal"],
			Actions: texts(s["Action"]), Resources: texts(s["Resource"]), Condition: s["Condition"],
		})
	}
	return out
}

// texts is one text or a list of them, sorted.
func texts(value any) []string {
	list, is := value.([]any)
	if !is && value != nil {
		list = []any{value}
	}
	out := make([]string, len(list))
	for i, each := range list {
		out[i] = fmt.Sprint(each)
	}
	slices.Sort(out)
	return out
}

func allow(resources []string, actions ...string) statement {
	slices.Sort(resources)
	slices.Sort(actions)
	return statement{Effect: "Allow", Actions: actions, Resources: resources}
}

// ownAccount is what an endpoint lets pass: of the account's own principals.
func ownAccount(resources []string, actions ...string) statement {
	s := allow(resources, actions...)
	s.Principal = object{"AWS": "*"}
	s.Condition = object{"StringEquals": object{"aws:PrincipalAccount": "${AWS::AccountId}"}}
	return s
}

// withoutTLS is the refusal of callers without TLS, of this policy.
func withoutTLS(resources []string, actions ...string) statement {
	s := allow(resources, actions...)
	s.Effect, s.Principal = "Deny", object{"AWS": "*"}
	s.Condition = object{"Bool": object{"aws:SecureTransport": "false"}}
	return s
}

// sameStatements demands the statements in any order.
func sameStatements(t *testing.T, what any, got []statement, want ...statement) {
	t.Helper()
	same(t, what, sorted(got), sorted(want))
}

func sorted(statements []statement) []statement {
	return slices.SortedFunc(slices.Values(statements), func(a, b statement) int {
		return slices.Compare(append([]string{a.Sid, a.Effect}, append(a.Actions, a.Resources...)...), append([]string{b.Sid, b.Effect}, append(b.Actions, b.Resources...)...))
	})
}
