package pkg_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "github.com/fluxa/fluxa/"

// listed is what go list tells of one package.
type listed struct {
	ImportPath                         string
	Name                               string
	Standard                           bool
	Imports, TestImports, XTestImports []string
}

// graph is every package of the workspace and what they depend on, by path.
type graph map[string]listed

// rule forbids some packages some imports, also those of imports. With tests set
// it holds for test files too.
type rule struct {
	name      string
	reason    string
	from      func(importPath string) bool
	forbidden func(importPath string) bool
	tests     bool
}

func in(folders ...string) func(string) bool {
	return func(importPath string) bool {
		return slices.ContainsFunc(folders, func(folder string) bool {
			folder = strings.TrimSuffix(root+folder, "/")
			return importPath == folder || strings.HasPrefix(importPath, folder+"/")
		})
	}
}

func outside(modules ...string) func(string) bool {
	return func(importPath string) bool {
		return slices.ContainsFunc(modules, func(module string) bool {
			return importPath == module || strings.HasPrefix(importPath, module+"/")
		})
	}
}

func either(a, b func(string) bool) func(string) bool {
	return func(importPath string) bool { return a(importPath) || b(importPath) }
}

func except(a, b func(string) bool) func(string) bool {
	return func(importPath string) bool { return a(importPath) && !b(importPath) }
}

var (
	domain   = []string{"pkg/event", "pkg/fault", "pkg/contract", "pkg/budget", "pkg/operate"}
	useCases = []string{"pkg/ingest", "pkg/process", "pkg/query", "pkg/maintain", "pkg/authorize", "pkg/erase", "pkg/replay", "pkg/audit", "pkg/export"}
	adapters = []string{"pkg/pgstore", "pkg/pgmigrate", "pkg/sqsqueue", "pkg/s3blob", "pkg/snsnotify", "pkg/secretsmanager", "pkg/rdsiam", "pkg/jwks", "pkg/eventfile"}

	// The layers of the Terraform exporter, from the lowest to the highest.
	exporter = []string{"cdk/template", "cdk/terraform/hcl", "cdk/terraform/catalog", "cdk/terraform/assembly", "cdk/terraform/merge"}

	commandGroups = []string{"cli/stacks", "cli/events", "cli/dlq", "cli/stored", "cli/look"}

	lambdaRuntime = []string{"github.com/aws/aws-lambda-go"}
	cdkTypes      = []string{"github.com/aws/aws-cdk-go", "github.com/aws/constructs-go", "github.com/aws/jsii-runtime-go", "github.com/cdklabs/cdk-nag-go"}
	technologies  = append([]string{"github.com/jackc/pgx", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, lambdaRuntime...)
)

func rules() []rule {
	out := []rule{
		{
			name:   "the domain stands alone",
			reason: "event, fault, contract, budget and operate are imported by everyone, the CDK app or the command line included: what they import, everyone carries",
			from:   in(domain...),
			forbidden: func(importPath string) bool {
				return !in(domain...)(importPath) && !outside("github.com/go-json-experiment/json")(importPath)
			},
		},
		{
			name:      "use cases know no technology",
			reason:    "a use case declares the small interfaces it needs; adapters fill them, so that it can be tested and moved without them",
			from:      in(useCases...),
			forbidden: either(in(adapters...), outside(technologies...)),
		},
		{
			name:      "pkg is below its users",
			reason:    "functions, local, cli and cdk import pkg; the other way round would be a cycle between modules",
			from:      in("pkg"),
			forbidden: in("functions", "emulator", "local", "cli", "cdk"),
			tests:     true,
		},
		{
			name:      "the client carries the contract and nothing that is deployed",
			reason:    "other programs import it: what it imported, all of them would carry",
			from:      in("pkg/client"),
			forbidden: either(except(in(""), in(append([]string{"pkg/client"}, domain...)...)), outside(append(slices.Clone(technologies), cdkTypes...)...)),
		},
		{
			name:      "nothing needs the benchmarks",
			reason:    "they measure the product, and carry baselines and plots that nobody deploys",
			from:      in("pkg", "functions", "emulator", "local", "cli", "cdk", "migrations"),
			forbidden: in("bench"),
			tests:     true,
		},
		{
			name:      "nothing needs the proofs",
			reason:    "they break the product from outside, and carry proxies, faults and plots that nobody deploys",
			from:      in("bench", "pkg", "functions", "emulator", "local", "cli", "cdk", "migrations"),
			forbidden: in("proof"),
			tests:     true,
		},
		{
			name:      "the simulation knows no technology",
			reason:    "its use cases run in simulated time between models; an adapter or a client would leave it, and a schedule would no longer replay",
			from:      in("proof/simulation"),
			forbidden: either(in(adapters...), outside(append(slices.Clone(technologies), cdkTypes...)...)),
			tests:     true,
		},
		{
			name:      "the proofs run the functions as they are built",
			reason:    "linking them in would prove something else than what is deployed",
			from:      in("proof"),
			forbidden: in("functions"),
			tests:     true,
		},
		{
			name:      "the checker believes nobody",
			reason:    "it reads the tables, the queues and the clients' log by itself: a use case, an adapter or a metric of the product would vouch for itself",
			from:      in("proof/checker"),
			forbidden: in("pkg/ingest", "pkg/process", "pkg/query", "pkg/maintain", "pkg/authorize", "pkg/pgstore", "pkg/sqsqueue", "pkg/s3blob", "pkg/snsnotify", "pkg/telemetry", "functions", "local", "emulator", "cli"),
		},
		{
			name:      "pkg knows no Lambda runtime and no CDK type",
			reason:    "the domain runs in a Lambda, in the local stack and in a test alike; only functions adapt AWS events, only cdk builds stacks",
			from:      in("pkg"),
			forbidden: outside(append(slices.Clone(lambdaRuntime), cdkTypes...)...),
			tests:     true,
		},
		{
			name:      "functions are imported by none and know only pkg",
			reason:    "the binaries that are deployed must not carry the local stack, the command line or the CDK app; local runs them as processes",
			from:      in("functions"),
			forbidden: in("emulator", "local", "cli", "cdk"),
			tests:     true,
		},
		{
			name:   "the emulator knows nothing of Fluxa",
			reason: "an AWS for one machine is of use to anyone; what it knew of Fluxa would be a second place for Fluxa's settings",
			from:   in("emulator"),
			forbidden: func(importPath string) bool {
				return in("")(importPath) && !in("emulator")(importPath)
			},
			tests: true,
		},
		{
			name:      "local knows neither functions nor what is above it",
			reason:    "local runs the functions' real binaries: linking them in would test something else than what is deployed",
			from:      in("local"),
			forbidden: in("functions", "cli", "cdk"),
			tests:     true,
		},
		{
			name:      "cli knows neither functions nor cdk",
			reason:    "the command works on stacks that run, local or deployed, through their endpoints",
			from:      in("cli"),
			forbidden: in("functions", "cdk"),
			tests:     true,
		},
		{
			name:      "the console knows no stack",
			reason:    "it reads and does everything through its own interfaces, so that it can show a deployed stage as it shows a local stack",
			from:      except(in("cli/webconsole"), in("cli/webconsole/localstack")),
			forbidden: in("local", "emulator", "cli/webconsole/localstack"),
		},
		{
			name:      "cdk knows neither functions nor what runs locally",
			reason:    "the app deploys zip files by name and shares nothing with their code but the contract",
			from:      in("cdk"),
			forbidden: in("functions", "emulator", "local", "cli"),
			tests:     true,
		},
		{
			name:      "the CDK app reads the contract and the settings, and carries no code",
			reason:    "what a function does is in its zip; the app needs its names, limits and settings only",
			from:      except(in("cdk"), in("cdk/drill", "cdk/preflight", "cdk/cmd/fluxa-preflight")),
			forbidden: either(in(append(slices.Clone(useCases), adapters...)...), outside(technologies...)),
		},
		{
			name:      "fluxa carries no AWS package that takes long to compile",
			reason:    "they were more than a third of what the first `make up` compiles; `fluxa doctor` starts fluxa-preflight, which has them",
			from:      in("cli"),
			forbidden: outside("github.com/aws/aws-sdk-go-v2/service/ec2", "github.com/aws/aws-sdk-go-v2/service/rds"),
			tests:     true,
		},
		{
			name:      "nothing that is deployed needs the preflight",
			reason:    "it asks AWS; a synthesis asks nobody",
			from:      except(in("cdk"), in("cdk/preflight", "cdk/cmd/fluxa-preflight")),
			forbidden: in("cdk/preflight"),
		},
		{
			name:      "the drill simulates AWS and the database",
			reason:    "it runs the use cases with their own retries and metrics; an adapter or a client would leave the simulated time",
			from:      in("cdk/drill"),
			forbidden: either(in(adapters...), outside(append(slices.Clone(technologies), cdkTypes...)...)),
		},
		{
			name:      "nothing that is deployed needs the drill",
			reason:    "the CDK app would carry the use cases with it",
			from:      except(in("cdk"), in("cdk/drill")),
			forbidden: in("cdk/drill"),
		},
		{
			name:      "CloudWatch's rules know nothing of Fluxa",
			reason:    "they are AWS's documentation as code, and are read beside it",
			from:      in("cdk/drill/cloudwatch"),
			forbidden: except(in(""), in("cdk/drill/cloudwatch")),
			tests:     true,
		},
		{
			name:      "settings and prices know no CDK type",
			reason:    "they are read and checked without a synthesis, by `make cost` and by their tests",
			from:      in("cdk/stage", "cdk/cost"),
			forbidden: outside(cdkTypes...),
		},
		{
			name:      "the OpenAPI document is no part of a function",
			reason:    "docs/openapi.json is made from the contract by a test; what is deployed carries the contract alone",
			from:      in("functions"),
			forbidden: in("pkg/openapi"),
		},
		{
			name:      "a construct knows no stage and no stack",
			reason:    "constructs are a library: another app uses one with settings of its own",
			from:      in("cdk/construct"),
			forbidden: in("cdk/stage", "cdk/stack"),
			tests:     true,
		},
		{
			name:   "the reader of templates knows nothing of Fluxa",
			reason: "whoever reads a template uses it: what it imported, all of them would carry",
			from:   in("cdk/template"),
			forbidden: func(importPath string) bool {
				return (in("")(importPath) && !in("cdk/template")(importPath)) || outside(cdkTypes...)(importPath)
			},
		},
		{
			name:      "migrations are plain SQL",
			reason:    "the module embeds files for whoever applies them; it applies none itself",
			from:      in("migrations"),
			forbidden: func(string) bool { return true },
		},
	}
	for i, own := range exporter {
		higher := in(exporter[i+1:]...)
		out = append(out, rule{
			name:      own + " imports no higher layer of the exporter",
			reason:    "reading, comparing, the tables and the writing are understood and tested one without the next: terraform → merge → assembly → catalog → hcl → template",
			from:      in(own),
			forbidden: func(importPath string) bool { return higher(importPath) || importPath == root+"cdk/terraform" },
			tests:     true,
		})
	}
	for _, own := range commandGroups {
		out = append(out, rule{
			name:      own + " knows no other group of commands",
			reason:    "a group is read and changed alone; what two groups share has a package of its own",
			from:      in(own),
			forbidden: in(without(commandGroups, own)...),
			tests:     true,
		})
	}
	for _, own := range useCases {
		out = append(out, rule{
			name:      own + " knows no other use case",
			reason:    "each function carries one use case; what two of them share belongs to the domain",
			from:      in(own),
			forbidden: in(without(useCases, own)...),
			tests:     true,
		})
	}
	for _, own := range adapters {
		out = append(out, rule{
			name:   own + " knows no other adapter",
			reason: "an adapter speaks one technology, so that it can be replaced alone; main wires them together",
			from: func(importPath string) bool {
				return in(own)(importPath) && !strings.HasSuffix(importPath, "test") // pgtest, say, is a harness
			},
			forbidden: in(without(adapters, own)...),
		})
	}
	return out
}

func without(all []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == one })
}

// breaches returns a line for each package that breaks the rule, with the way to
// what it must not import.
func (r rule) breaches(g graph) []string {
	var out []string
	for importPath, p := range g {
		if !r.from(importPath) {
			continue
		}
		first := p.Imports
		if r.tests {
			first = slices.Concat(p.Imports, p.TestImports, p.XTestImports)
		}
		if way := r.search(g, first, map[string]bool{importPath: true}); way != nil {
			out = append(out, fmt.Sprintf("%s: %s -> %s: %s", r.name, importPath, strings.Join(way, " -> "), r.reason))
		}
	}
	slices.Sort(out)
	return out
}

func (r rule) search(g graph, imports []string, seen map[string]bool) []string {
	for _, next := range imports {
		if g[next].Standard || seen[next] {
			continue
		}
		seen[next] = true
		if r.forbidden(next) {
			return []string{next}
		}
		if way := r.search(g, g[next].Imports, seen); way != nil {
			return append([]string{next}, way...)
		}
	}
	return nil
}

// misnamed returns a line for each package that is named for its kind.
func misnamed(g graph) []string {
	var out []string
	for importPath, p := range g {
		if !strings.HasPrefix(importPath, root) {
			continue
		}
		for _, name := range []string{p.Name, path.Base(importPath)} {
			switch strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(name), "_test"), "s") {
			case "util", "common", "helper", "model", "type", "misc", "shared":
				out = append(out, fmt.Sprintf("%s is named %s: a package is named for what it is, not for its kind", importPath, name))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// workspace asks go list about every module of go.work, whatever GOWORK says.
func workspace(t *testing.T) graph {
	t.Helper()
	top, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	goCommand := func(arguments ...string) []byte {
		cmd := exec.CommandContext(t.Context(), "go", arguments...)
		cmd.Dir = top
		cmd.Env = append(cmd.Environ(), "GOWORK="+filepath.Join(top, "go.work"))
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(arguments, " "), err, stderr.Bytes())
		}
		return out
	}
	var patterns []string
	for directory := range strings.Lines(string(goCommand("list", "-m", "-f", "{{.Dir}}"))) {
		patterns = append(patterns, filepath.Join(strings.TrimSpace(directory), "..."))
	}
	out := goCommand(append([]string{"list", "-e", "-deps",
		"-json=ImportPath,Name,Standard,Imports,TestImports,XTestImports"}, patterns...)...)
	g := graph{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return g
		} else if err != nil {
			t.Fatalf("read the output of go list: %v", err)
		}
		g[p.ImportPath] = p
	}
}

func TestDependencies_point_one_way(t *testing.T) {
	t.Parallel()
	g := workspace(t)
	for _, known := range slices.Concat([]string{"pkg", "cdk/construct"}, domain, useCases, adapters, exporter, commandGroups) {
		if _, ok := g[root+known]; !ok {
			t.Errorf("go list does not know %s: the rules would hold of nothing", root+known)
		}
	}
	for _, r := range rules() {
		for _, breach := range r.breaches(g) {
			t.Error(breach)
		}
	}
	for _, line := range misnamed(g) {
		t.Error(line)
	}
}
