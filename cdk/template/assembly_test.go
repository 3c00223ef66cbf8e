package template_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fluxa/fluxa/cdk/template"
)

func TestRead_follows_what_stacks_have_of_each_other(t *testing.T) {
	t.Parallel()
	stages, err := template.Read(filepath.Join("testdata", "assembly"))
	if err != nil {
		t.Fatal(err)
	}
	if len(stages) != 2 || stages[0].Name != "dev" || stages[1].Name != "prod" {
		t.Fatalf("stages %v", stages)
	}
	of := func(resource, attribute string) template.Reference {
		return template.Reference{Stack: "Data", Resource: resource, Attribute: attribute}
	}
	own := template.Reference{Stack: "Pipeline", Resource: "Ingest", Attribute: "Ref"}
	want := []*template.Stack{{
		Stage: "dev", Name: "Data", StackName: "fluxa-data-dev", File: "testdata/assembly/assembly-dev/devData1.template.json",
		Account: "123456789012", Region: "eu-west-1", Description: "what is stored",
		Resources: []*template.Resource{{
			ID: "Payloads", Path: "dev/Data/Payloads/Resource", Type: "AWS::S3::Bucket",
			Properties: object{
				"BucketName": text{"payloads-", account}, "Days": json.Number("90"),
				"Logs": of("AccessLogs", "Ref"),
			},
			DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain", DependsOn: []string{"AccessLogs"},
			Metadata: map[string]any{"aws:cdk:path": "dev/Data/Payloads/Resource"},
		}, {
			ID: "AccessLogs", Type: "AWS::S3::Bucket", Properties: object{}, DependsOn: []string{"First", "Second"},
		}},
		Outputs: []*template.Output{
			{Name: "Bucket", Description: "that has the payloads", Value: of("Payloads", "Ref")},
			{Name: "PayloadsArn", Export: "fluxa-data-dev:PayloadsArn", Value: of("Payloads", "Arn")},
		},
		Parameters: map[string]any{"BootstrapVersion": map[string]any{"Type": "String"}},
		Rules:      map[string]any{"CheckBootstrapVersion": map[string]any{}},
	}, {
		Stage: "dev", Name: "Pipeline", StackName: "fluxa-pipeline-dev", File: "testdata/assembly/assembly-dev/devPipeline1.template.json",
		Resources: []*template.Resource{{
			ID: "Ingest", Type: "AWS::Lambda::Function", Properties: object{"Bucket": of("Payloads", "Arn"), "Own": own}, UpdatePolicy: object{"Alias": own},
		}},
	}}
	if diff := cmp.Diff(want, stages[0].Stacks, cmpopts.IgnoreFields(template.Resource{}, "Stack")); diff != "" {
		t.Errorf("dev (-want +got)\n%s", diff)
	}
	for _, s := range stages[0].Stacks {
		for _, r := range s.Resources {
			if r.Stack != s {
				t.Errorf("%s is not of its stack", r.ID)
			}
		}
	}
}

func TestStage_finds_resources(t *testing.T) {
	t.Parallel()
	stages, err := template.Read(filepath.Join("testdata", "assembly"))
	if err != nil {
		t.Fatal(err)
	}
	stage := stages[0]
	r := stage.Resource(template.Reference{Stack: "Data", Resource: "Payloads", Attribute: "Arn"})
	if r == nil || r != stage.Stack("Data").Resource("Payloads") || r.At("Days") != json.Number("90") || r.At("Days", "Hours") != nil || r.At("Weeks") != nil {
		t.Errorf("resource %v", r)
	}
	if stage.Stack("Network") != nil || stage.Resource(template.Reference{Stack: "Network"}) != nil || stage.Resource(template.Reference{Stack: "Data", Resource: "Ingest"}) != nil {
		t.Error("what is not there is found")
	}
	var found []string
	for _, r := range stage.All("AWS::S3::Bucket", "AWS::Lambda::Function") {
		found = append(found, r.ID)
	}
	if diff := cmp.Diff([]string{"Payloads", "AccessLogs", "Ingest"}, found); diff != "" {
		t.Error(diff)
	}
}

func TestRead_refuses(t *testing.T) {
	t.Parallel()
	const of = `{"type": "aws:cloudformation:stack", "environment": "aws://a/b", "displayName": "dev/Data", "properties": {"templateFile": "Data.json"}}`
	for name, c := range map[string]struct{ stack, template, want string }{
		"a condition":                {of, `{"Conditions": {}}`, `stage dev: stack Data: json: unknown field "Conditions"`},
		"an unknown section":         {of, `{"Resources": {}, "Transform": "AWS::Serverless"}`, `stage dev: stack Data: json: unknown field "Transform"`},
		"an attribute of a resource": {of, `{"Resources": {"Q": {"Type": "T", "CreationPolicy": {}}}}`, `stage dev: stack Data: read the resources: json: unknown field "CreationPolicy"`},
		"an unknown function":        {of, `{"Resources": {"Q": {"Type": "T", "Properties": {"P": {"Fn::Base64": "x"}}}}}`, "stage dev: stack Data: Q: P: Fn::Base64: this function is not supported"},
		"an import of nothing":       {of, `{"Resources": {"Q": {"Type": "T", "Properties": {"P": [{"Fn::ImportValue": "x"}]}}}}`, "stage dev: stack Data: Q: P: [0]: no stack of the stage exports x"},
		"no JSON":                    {of, `{`, "stage dev: stack Data: unexpected EOF"},
		"no region":                  {strings.Replace(of, "aws://a/b", "aws://a", 1), `{}`, `stage dev: Data: environment must be aws://ACCOUNT/REGION, got "aws://a"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			for file, content := range map[string]string{
				"manifest.json":     `{"artifacts": {"dev": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "dev", "displayName": "dev"}}}}`,
				"dev/manifest.json": `{"artifacts": {"Data": ` + c.stack + `}}`,
				"dev/Data.json":     c.template,
			} {
				path := filepath.Join(folder, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := template.Read(folder); err == nil || err.Error() != c.want {
				t.Errorf("error %v\nwant %s", err, c.want)
			}
		})
	}
	if _, err := template.Read("nowhere"); err == nil || !strings.HasPrefix(err.Error(), "read the cloud assembly: open nowhere") {
		t.Errorf("error %v", err)
	}
	if _, err := template.Read("testdata/assembly/assembly-prod"); err == nil || err.Error() != "testdata/assembly/assembly-prod has no stage: synthesize the app" {
		t.Errorf("error %v", err)
	}
}

func TestStage_has_the_prefix_of_its_stacks(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"fluxa-data-dev": "", "acme-fluxa-data-dev": "acme-", "fluxa-data-prod": "", "data": ""} {
		stage, err := template.NewStage("dev", &template.Stack{Name: "Data", StackName: name})
		if err != nil {
			t.Fatal(err)
		}
		if got := stage.Prefix(); got != want {
			t.Errorf("of the stack %s the prefix is %q, want %q", name, got, want)
		}
	}
	if got := (&template.Stage{Name: "dev"}).Prefix(); got != "" {
		t.Errorf("without a stack the prefix is %q", got)
	}
}
