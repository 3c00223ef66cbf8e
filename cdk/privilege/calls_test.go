package privilege_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fluxa/fluxa/cdk/privilege"
)

const (
	root     = "../.."
	programs = "github.com/fluxa/fluxa/cdk/privilege/testdata/program/"
)

// wanted reads the comments of the test programs: what is to be found where.
func wanted(t *testing.T, folders ...string) []privilege.Call {
	t.Helper()
	var out []privilege.Call
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join("testdata", "program", folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("the files of %s: %v, %v", folder, files, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(text), "\n") {
				if _, operation, ok := strings.Cut(line, "// want "); ok {
					out = append(out, privilege.Call{Operation: operation, Position: fmt.Sprintf("cdk/privilege/%s:%d", filepath.ToSlash(file), i+1)})
				}
			}
		}
	}
	return sorted(out)
}

// examples loads two of the test programs once, as handlers does the functions.
var examples = sync.OnceValues(func() (map[string]privilege.Reach, error) {
	return privilege.Calls(context.Background(), root, programs+"reached", programs+"put")
})

func calls(t *testing.T) map[string]privilege.Reach {
	t.Helper()
	out, err := examples()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func sorted(calls []privilege.Call) []privilege.Call {
	return slices.SortedFunc(slices.Values(calls), func(a, b privilege.Call) int {
		return strings.Compare(a.Operation+" "+a.Position, b.Operation+" "+b.Position)
	})
}

func TestCalls_finds_what_is_reached_and_nothing_else(t *testing.T) {
	t.Parallel()
	got := calls(t)[programs+"reached"]
	if diff := cmp.Diff(wanted(t, "reached", "queue"), sorted(got.Calls), cmpopts.IgnoreFields(privilege.Call{}, "Caller")); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if !slices.Contains(got.Functions, "cdk/privilege/testdata/program/queue.NewSender") ||
		slices.Contains(got.Functions, "cdk/privilege/testdata/program/queue.NewPostponer") {
		t.Errorf("functions %q", got.Functions)
	}
}

func TestCalls_says_which_function_calls(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, call := range calls(t)[programs+"reached"].Calls {
		if _, later := got[call.Operation]; !later { // two functions may call the same
			got[call.Operation] = strings.ReplaceAll(call.Caller, "cdk/privilege/testdata/program/", "")
		}
	}
	for operation, caller := range map[string]string{
		"sqs.SendMessage":   "(*queue.Sender).Send", // a method
		"sqs.PurgeQueue":    "reached.directly",     // a function
		"sqs.DeleteMessage": "reached.directly",     // a literal in it
	} {
		if got[operation] != caller {
			t.Errorf("%s is called by %q, want %q", operation, got[operation], caller)
		}
	}
}

func TestCalls_refuses_what_it_cannot_follow(t *testing.T) {
	t.Parallel()
	_, err := privilege.Calls(t.Context(), root, programs+"signer", programs+"queue", programs+"missing")
	for _, want := range []string{
		programs + "signer imports github.com/aws/aws-sdk-go-v2/aws/signer/v4, which may call AWS out of this analysis's sight",
		"load " + programs + "queue: it is no command",
		"load " + programs + "missing: ",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v\nwant %s", err, want)
		}
	}
}

// TestCalls_reads_what_is_built_for_Lambda whatever the environment says.
func TestCalls_reads_what_is_built_for_Lambda(t *testing.T) {
	for name, value := range map[string]string{"GOOS": "windows", "GOARCH": "amd64", "GOFLAGS": "-mod=vendor", "GOWORK": "/nonexistent/go.work"} {
		t.Setenv(name, value)
	}
	const want = "cdk/privilege/testdata/program/byname/main.go:10: (reflect.Value).MethodByName finds methods by name, which this analysis cannot follow"
	if _, err := privilege.Calls(t.Context(), root, programs+"byname"); err == nil || err.Error() != want {
		t.Errorf("error %v\nwant %s", err, want)
	}
}

// TestFits compares methods with those of interfaces with type parameters: the
// name says whether it fits.
func TestFits(t *testing.T) {
	t.Parallel()
	const source = `package p
type Another[T any] interface {
	Plain(string) error
	One(int, T) error
	Inner(map[string][]*T, func(T) chan T) ([1]Box[T], error)
	Many(...T)
}
type Box[T any] struct{ Content T }
type Fits struct{}
func (Fits) Plain(string) error { return nil }
func (Fits) One(int, bool) error { return nil }
func (Fits) Inner(map[string][]*int, func(int) chan int) ([1]Box[int], error) { panic(0) }
func (Fits) Many(...int) {}
type Other struct{}
func (Other) Plain([]byte) error { return nil }
func (Other) One(string, bool) error { return nil }
func (Other) Inner(map[string][]*int) ([1]Box[int], error) { panic(0) }
func (Other) Many([]int) {}
`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := new(types.Config).Check("p", fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	method := func(of, name string) *types.Signature {
		object, _, _ := types.LookupFieldOrMethod(pkg.Scope().Lookup(of).Type(), true, pkg, name)
		return object.(*types.Func).Signature()
	}
	for _, name := range []string{"Plain", "One", "Inner", "Many"} {
		if !privilege.Fits(method("Another", name), method("Fits", name)) || privilege.Fits(method("Another", name), method("Other", name)) {
			t.Errorf("%s: fits %t, another one %t", name, privilege.Fits(method("Another", name), method("Fits", name)), privilege.Fits(method("Another", name), method("Other", name)))
		}
	}
}
