package functions_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
)

const root = "github.com/fluxa/fluxa/"

// goList returns what go list prints of each package that a function is made of.
func goList(t *testing.T, function contract.Function, format string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "lambda.norpc", "-f", format, "./"+string(function))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, &stderr)
	}
	return strings.Fields(string(out))
}

func TestFunctions_link_only_what_they_use(t *testing.T) {
	t.Parallel()
	all := contract.Packaged()
	for _, rule := range []struct {
		functions []contract.Function
		packages  []string
		reason    string
	}{
		{[]contract.Function{contract.FunctionIngest, contract.FunctionVerify, contract.FunctionAuthorize},
			[]string{"github.com/jackc", "github.com/exaring/otelpgx", "github.com/aws/aws-sdk-go-v2/service/secretsmanager", root + "pkg/pgstore", root + "pkg/secretsmanager", root + "pkg/rdsiam"},
			"they have no database: its driver would cost every cold start of the API's front door"},
		{contract.Functions(), []string{"github.com/aws/aws-sdk-go-v2/service/codedeploy", "github.com/aws/aws-sdk-go-v2/service/lambda"},
			"only verify speaks to CodeDeploy and invokes functions"},
		{[]contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionQuery, contract.FunctionMaintain, contract.FunctionAuthorize},
			[]string{"github.com/pressly/goose", "github.com/jackc/pgx/v5/stdlib", root + "migrations"},
			"only migrate changes the schema"},
		{[]contract.Function{contract.FunctionIngest, contract.FunctionQuery, contract.FunctionMigrate, contract.FunctionAuthorize},
			[]string{"github.com/aws/aws-sdk-go-v2/service/sns", root + "pkg/snsnotify"},
			"only the processor notifies, and maintain again when an operator asks"},
		{append(contract.Functions(), contract.FunctionVerify), []string{"github.com/go-jose", root + "pkg/jwks", root + "pkg/authorize"},
			"only authorize checks tokens"},
		{all, []string{"testing", "net/http/httptest", root + "functions/internal/lambdatest", root + "pkg/pgstore/pgtest", root + "pkg/process/processtest"},
			"test code stays in tests"},
		{[]contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionQuery, contract.FunctionMaintain},
			[]string{"google.golang.org/grpc", "text/template", "html/template"},
			"a template engine finds methods by name, so that the linker keeps every exported method: two fifths of a binary; gRPC links one"},
		{all, []string{"github.com/aws/aws-sdk-go-v2/config", "github.com/aws/aws-sdk-go-v2/service/sso", "github.com/aws/aws-sdk-go-v2/service/ssooidc",
			"github.com/aws/aws-sdk-go-v2/service/signin", "github.com/aws/aws-sdk-go-v2/service/sts", "github.com/aws/aws-sdk-go-v2/feature/ec2/imds"},
			"Lambda gives the credentials in the environment: looking for others is a tenth of a binary and a part of each start"},
		{all, []string{"google.golang.org/protobuf/proto", "google.golang.org/protobuf/reflect", "go.opentelemetry.io/proto", "go.opentelemetry.io/otel/exporters"},
			"generated messages are registered at each start, and what they need is a tenth of a binary"},
		{all, []string{"net/rpc", "github.com/aws/aws-xray-sdk-go"},
			"Lambda's RPC mode is of the retired go1.x runtime, and the X-Ray SDK is retired"},
	} {
		for _, function := range rule.functions {
			linked := goList(t, function, "{{.ImportPath}}")
			if !slices.Contains(linked, root+"pkg/contract") {
				t.Fatalf("go list does not know %s: the rules would hold of nothing", function)
			}
			for _, p := range linked {
				for _, forbidden := range rule.packages {
					if p == forbidden || strings.HasPrefix(p, forbidden+"/") {
						t.Errorf("%s links %s: %s", function, p, rule.reason)
					}
				}
			}
		}
	}
}

// TestEnvironment_is_read_in_these_places_only keeps package config the whole
// truth: a variable read anywhere else is one that no stage sets.
func TestEnvironment_is_read_in_these_places_only(t *testing.T) {
	t.Parallel()
	allowed := []string{
		root + "functions/internal/boot: Environ()",                   // all of it, for config.Load
		root + `functions/internal/boot: Getenv("FLUXA_ENVIRONMENT")`, // for the line that says why config.Load failed
		root + "pkg/awsclient: Getenv(regionVariable)",                // Lambda's own, and the address of an emulator
		root + "pkg/awsclient: Getenv(keyIDVariable)",
		root + "pkg/awsclient: Getenv(secretKeyVariable)",
		root + "pkg/awsclient: Getenv(sessionTokenVariable)",
		root + "pkg/awsclient: Getenv(endpointVariable)",
		root + "pkg/telemetry: Getenv(tracesEndpointVariable)", // OpenTelemetry's own, which its SDK reads too
		root + "pkg/telemetry: Getenv(endpointVariable)",
		root + "pkg/telemetry: Getenv(tracesHeadersVariable)",
		root + "pkg/telemetry: Getenv(headersVariable)",
		root + "pkg/telemetry: Getenv(disabledVariable)",
	}
	found := map[string]bool{}
	for _, function := range contract.Packaged() {
		for _, entry := range goList(t, function, "{{if not .Standard}}{{.ImportPath}}={{.Dir}}={{join .GoFiles \",\"}}{{end}}") {
			parts := strings.Split(entry, "=")
			if !strings.HasPrefix(parts[0], root) {
				continue
			}
			for _, name := range strings.Split(parts[2], ",") {
				for _, call := range environmentCalls(t, filepath.Join(parts[1], name)) {
					found[parts[0]+": "+call] = true
				}
			}
		}
	}
	for call := range found {
		if !slices.Contains(allowed, call) {
			t.Errorf("%s: let config read it", call)
		}
	}
	for _, call := range allowed {
		if !found[call] {
			t.Errorf("%s is allowed and gone", call)
		}
	}
}

// environmentCalls returns the calls of package os that read the environment.
func environmentCalls(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if of, ok := selector.X.(*ast.Ident); !ok || of.Name != "os" ||
			!slices.Contains([]string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}, selector.Sel.Name) {
			return true
		}
		argument := ""
		if len(call.Args) > 0 {
			switch a := call.Args[0].(type) {
			case *ast.BasicLit:
				argument = a.Value
			case *ast.Ident:
				argument = a.Name
			default:
				argument = fmt.Sprintf("%T", a)
			}
		}
		calls = append(calls, selector.Sel.Name+"("+argument+")")
		return true
	})
	return calls
}
