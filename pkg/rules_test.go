package pkg_test

import (
	"strings"
	"testing"
)

// TestRules_find_what_they_forbid holds every rule against an import that it is
// there for, direct and through another package, and against one it allows.
func TestRules_find_what_they_forbid(t *testing.T) {
	t.Parallel()
	const pgx, s3, lambda, awscdk = "github.com/jackc/pgx/v5", "github.com/aws/aws-sdk-go-v2/service/s3",
		"github.com/aws/aws-lambda-go/lambda", "github.com/aws/aws-cdk-go/awscdk/v2"
	forbidden := map[string][][2]string{
		"the domain stands alone": {
			{"pkg/event", "github.com/google/uuid"}, {"pkg/fault", root + "pkg/telemetry"}, {"pkg/contract", root + "pkg/query"}},
		"use cases know no technology": {
			{"pkg/ingest", s3}, {"pkg/process", pgx}, {"pkg/query", lambda}, {"pkg/query", root + "pkg/pgstore"}},
		"pkg is below its users": {{"pkg/event", root + "functions/ingest"}, {"pkg/pgstore", root + "local"}, {"pkg", root + "cdk/stack"}},
		"the client carries the contract and nothing that is deployed": {
			{"pkg/client", root + "pkg/ingest"}, {"pkg/client", s3}, {"pkg/client/poll", root + "pkg/telemetry"}},
		"nothing needs the benchmarks":                   {{"pkg/event", root + "bench"}, {"cli", root + "bench"}, {"cdk/stack", root + "bench"}},
		"nothing needs the proofs":                       {{"pkg/event", root + "proof/checker"}, {"bench", root + "proof"}, {"cdk/drill", root + "proof/chaos"}},
		"the proofs run the functions as they are built": {{"proof/rig", root + "functions/ingest"}},
		"the checker believes nobody":                    {{"proof/checker", root + "pkg/process"}, {"proof/checker", root + "pkg/pgstore"}, {"proof/checker", root + "emulator/sqs"}},
		"pkg knows no Lambda runtime and no CDK type":    {{"pkg/telemetry", lambda}, {"pkg/contract", awscdk}},
		"the simulation knows no technology":             {{"proof/simulation", root + "pkg/pgstore"}, {"proof/simulation", s3}},
		"functions are imported by none and know only pkg": {
			{"functions/ingest", root + "emulator/sqs"}, {"functions/query", root + "cdk"}, {"functions/query", root + "cli/target"}, {"functions/migrate", root + "local/stack"}},
		"the emulator knows nothing of Fluxa": {
			{"emulator/sqs", root + "pkg/contract"}, {"emulator/gateway", root + "local/stack"}, {"emulator", root + "cli"}, {"emulator/lambda", root + "functions/ingest"}},
		"local knows neither functions nor what is above it": {
			{"local/stack", root + "functions/internal/rest"}, {"local", root + "cdk/stage"}, {"local/stack", root + "cli/console"}},
		"cli knows neither functions nor cdk": {{"cli/stacks", root + "functions/ingest"}, {"cli/target", root + "cdk/stage"}},
		"the console knows no stack":          {{"cli/webconsole", root + "local/stack"}, {"cli/webconsole/activity", root + "emulator/sqs"}, {"cli/webconsole", root + "cli/webconsole/localstack"}},
		"cdk knows neither functions nor what runs locally": {
			{"cdk/stack", root + "functions/ingest"}, {"cdk", root + "local"}, {"cdk/stack", root + "emulator/sqs"}, {"cdk/cost", root + "cli/console"}},
		"migrations are plain SQL": {{"migrations", "github.com/pressly/goose/v3"}},
		"the CDK app reads the contract and the settings, and carries no code": {
			{"cdk/stack", root + "pkg/process"}, {"cdk/construct", root + "pkg/pgstore"}, {"cdk", s3}},
		"fluxa carries no AWS package that takes long to compile": {
			{"cli/target", "github.com/aws/aws-sdk-go-v2/service/ec2"}, {"cli", "github.com/aws/aws-sdk-go-v2/service/rds/types"}},
		"nothing that is deployed needs the preflight": {{"cdk/stack", root + "cdk/preflight"}, {"cdk", root + "cdk/preflight"}},
		"the drill simulates AWS and the database": {
			{"cdk/drill", root + "pkg/pgstore"}, {"cdk/drill/simulated", pgx}, {"cdk/drill", awscdk}},
		"nothing that is deployed needs the drill": {{"cdk/stack", root + "cdk/drill"}, {"cdk", root + "cdk/drill/simulated"}},
		"CloudWatch's rules know nothing of Fluxa": {{"cdk/drill/cloudwatch", root + "pkg/contract"}, {"cdk/drill/cloudwatch", root + "cdk/drill"}},
		"settings and prices know no CDK type":     {{"cdk/stage", awscdk}, {"cdk/cost", awscdk}},
		"a construct knows no stage and no stack":  {{"cdk/construct", root + "cdk/stack"}, {"cdk/construct", root + "cdk/stage"}},
		"the reader of templates knows nothing of Fluxa": {
			{"cdk/template", root + "cdk/stack"}, {"cdk/template", root + "pkg/contract"}, {"cdk/template", awscdk}},
		"the OpenAPI document is no part of a function": {{"functions/query", root + "pkg/openapi"}},
	}
	for i, own := range exporter {
		name := own + " imports no higher layer of the exporter"
		forbidden[name] = [][2]string{{own, root + "cdk/terraform"}}
		for _, higher := range exporter[i+1:] {
			forbidden[name] = append(forbidden[name], [2]string{own, root + higher})
		}
	}
	for _, own := range commandGroups {
		for _, other := range without(commandGroups, own) {
			forbidden[own+" knows no other group of commands"] = append(forbidden[own+" knows no other group of commands"], [2]string{own, root + other})
		}
	}
	for _, own := range useCases {
		for _, other := range without(useCases, own) {
			forbidden[own+" knows no other use case"] = append(forbidden[own+" knows no other use case"], [2]string{own, root + other})
		}
	}
	for _, own := range adapters {
		for _, other := range without(adapters, own) {
			forbidden[own+" knows no other adapter"] = append(forbidden[own+" knows no other adapter"], [2]string{own + "/inner", root + other})
		}
	}
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			if len(forbidden[r.name]) == 0 || r.reason == "" {
				t.Fatal("the rule has no case, or no reason")
			}
			for _, edge := range forbidden[r.name] {
				from, to := root+edge[0], edge[1]
				direct := graph{from: {ImportPath: from, Imports: []string{"fmt", to}}, "fmt": {Standard: true}, to: {}}
				through := graph{from: {Imports: []string{"example.org/a"}}, "example.org/a": {Imports: []string{to}}, to: {}}
				inTest := graph{from: {XTestImports: []string{to}}, to: {}}
				if got := r.breaches(direct); len(got) != 1 || !strings.Contains(got[0], from+" -> "+to+": "+r.reason) {
					t.Errorf("%s -> %s is not found: %q", from, to, got)
				}
				if got := r.breaches(through); len(got) != 1 {
					t.Errorf("%s -> example.org/a -> %s is not found: %q", from, to, got)
				}
				if got := r.breaches(inTest); (len(got) == 1) != r.tests {
					t.Errorf("%s -> %s in a test: %q", from, to, got)
				}
			}
		})
	}
}

func TestRules_let_pass_what_the_design_has(t *testing.T) {
	t.Parallel()
	allowed := [][2]string{
		{"pkg/event", root + "pkg/contract"}, {"pkg/event", "github.com/go-json-experiment/json/jsontext"}, {"pkg/contract", root + "pkg/fault"},
		{"pkg/ingest", root + "pkg/event"}, {"pkg/ingest", "github.com/google/uuid"},
		{"pkg/pgstore", "github.com/jackc/pgx/v5"}, {"pkg/process", root + "pkg/event"}, {"pkg/process", root + "pkg/budget"}, {"pkg/pgstore/pgtest", root + "pkg/pgmigrate"}, {"pkg/pgmigrate", root + "migrations"},
		{"functions/ingest", root + "pkg/ingest"}, {"functions/ingest", "github.com/aws/aws-lambda-go/lambda"},
		{"local/stack", root + "pkg/contract"}, {"local/stack", root + "emulator/gateway"}, {"cli/stacks", root + "local/stack"}, {"cli/webconsole/localstack", root + "local/stack"}, {"cdk/stack", root + "pkg/contract"}, {"cdk/stack", "github.com/aws/aws-cdk-go/awscdk/v2"},
		{"cdk/stack", root + "cdk/construct"}, {"cdk/stack", root + "cdk/stage"}, {"migrations", "embed"},
	}
	for _, edge := range allowed {
		g := graph{root + edge[0]: {Imports: []string{edge[1]}}, edge[1]: {Standard: edge[1] == "embed"}}
		for _, r := range rules() {
			if got := r.breaches(g); len(got) != 0 {
				t.Errorf("%q", got)
			}
		}
	}
}

func TestNames_of_a_kind_are_found(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"util", "utils", "common", "helpers", "helper", "models", "types", "Types"} {
		if got := misnamed(graph{root + "local/" + name: {Name: name}}); len(got) != 1 {
			t.Errorf("%s: %q", name, got)
		}
		if got := misnamed(graph{root + "local/x": {Name: name}}); len(got) != 1 {
			t.Errorf("package %s in another folder: %q", name, got)
		}
		if got := misnamed(graph{"example.org/" + name: {Name: name}}); len(got) != 0 {
			t.Errorf("a dependency's %s: %q", name, got)
		}
	}
	if got := misnamed(graph{root + "pkg/fault": {Name: "fault"}, root + "local/commonplace": {Name: "commonplace"}}); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
