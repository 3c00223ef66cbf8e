package terraform

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/merge"
)

// fixture is the assembly of a stage which has one resource of each type of the
// table, and what these refer to. Edit changes the template's text before it is
// read.
func fixture(t *testing.T, stage string, edit func(string) string) (*template.Stage, error) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "types.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	content := string(raw)
	if edit != nil {
		content = edit(content)
	}
	one := &template.Stack{Name: "All", Region: "us-east-1"}
	if err := one.Decode([]byte(strings.ReplaceAll(content, "STAGE", stage))); err != nil {
		return nil, err
	}
	return template.NewStage(stage, one)
}

// linked reads, compares and links the fixture of two stages, each with its change.
func linked(t *testing.T, dev, prod func(string) string) (*linker, error) {
	t.Helper()
	c := catalog.New()
	var stages []*assembly.Stage
	for i, edit := range []func(string) string{dev, prod} {
		name := []string{"dev", "prod"}[i]
		source, err := fixture(t, name, edit)
		if err != nil {
			return nil, fmt.Errorf("stage %s: %w", name, err)
		}
		s, err := assembly.NewStage(c, source)
		if err != nil {
			return nil, err
		}
		stages = append(stages, s)
	}
	p, err := merge.Merge(c, stages)
	if err != nil {
		return nil, err
	}
	return link(c, p)
}

// TestType_becomes has a golden file for each type of the table. A type without
// one fails: its resource is missing in testdata/types.template.json.
func TestType_becomes(t *testing.T) {
	l, err := linked(t, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for kind, m := range l.catalog.Types {
		if m.Omitted != "" {
			continue
		}
		t.Run(strings.ReplaceAll(kind, "::", "_"), func(t *testing.T) {
			d := newDocument()
			for _, b := range l.all {
				if b.resource.Type == kind || m.Into != "" && b.resource == l.whole(aVersion(l)) {
					l.write(d, b)
				}
			}
			content, err := d.Bytes()
			if err != nil || !bytes.Contains(content, []byte("resource")) {
				t.Fatalf("no resource of the fixture is of this type: %v", err)
			}
			golden(t, filepath.Join("testdata", "golden", strings.ReplaceAll(kind, "::", "_")+".tf"), content)
		})
	}
}

// aVersion is the key of a resource that becomes a part of another.
func aVersion(l *linker) string {
	for _, key := range sortedKeys(l.resources) {
		if l.catalog.Types[l.resources[key].Type].Into != "" {
			return key
		}
	}
	return ""
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: write it with go test -update", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

func TestExport_stops_at(t *testing.T) {
	in := func(old, replacement string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				panic("the fixture has no " + old)
			}
			return strings.Replace(s, old, replacement, 1)
		}
	}
	for _, c := range []struct {
		name string
		both func(string) string
		only func(string) string // in prod
		want []string
	}{
		{name: "an_unknown_type", both: in(`"AWS::XRay::Group"`, `"AWS::XRay::ResourcePolicy"`),
			want: []string{"stage dev", "TracesGroupA44E92D9", "the type AWS::XRay::ResourcePolicy has no entry in the table"}},
		{name: "an_unknown_property", both: in(`"FilterExpression":`, `"InsightsConfiguration": {"InsightsEnabled": true}, "FilterExpression":`),
			want: []string{"TracesGroupA44E92D9", "property InsightsConfiguration.InsightsEnabled", "no entry"}},
		{name: "an_unknown_property_in_a_list", both: in(`"ReturnData": true`, `"ReturnData": true, "AccountId": "1"`),
			want: []string{"AlarmsAPI5xx8DC9F9A4", "property Metrics[].AccountId", "no entry"}},
		{name: "an_empty_unknown_property", both: in(`"FilterExpression":`, `"InsightsConfiguration": {}, "FilterExpression":`),
			want: []string{"property InsightsConfiguration:", "no entry"}},
		{name: "a_property_that_may_be_left_out_with_another_value_only", both: in(`"ResourceType": "VPC"`, `"ResourceType": "Subnet"`),
			want: []string{"PrivateVPCFlowLogsFlowLogD6A34394", "property ResourceType", "only while it is VPC, got Subnet"}},
		{name: "an_unknown_attribute", both: in(`"MasterUserSecret.SecretArn"`, `"MasterUserSecret.Colour"`),
			want: []string{"the table has no attribute MasterUserSecret.Colour of AWS::RDS::DBInstance"}},
		{name: "a_circle", both: in(`"Description": "encrypts the SNS topics of this stage of Fluxa"`, `"Description": {"Ref": "NotificationsTopicAE679CBD"}`),
			want: []string{"refer to each other in a circle", "Pipeline/TopicKey/Resource (TopicKeyB2E0C9CB)", "Pipeline/Notifications/Topic/Resource (NotificationsTopicAE679CBD)"}},
		{name: "a_difference_that_no_variable_covers", only: in(`"MaximumMessageSize": 1048576`, `"MaximumMessageSize": 1024`),
			want: []string{"Pipeline/Events/", ":MaximumMessageSize differs: stage dev has 1048576, stage prod has 1024"}},
		{name: "a_resource_of_one_stage_that_no_variable_covers", only: in(`"TracesGroupA44E92D9": {`, `"Another": {"Type": "AWS::XRay::Group", "Properties": {"GroupName": "x"}, "Metadata": {"aws:cdk:path": "STAGE/Observability/Another/Group"}}, "TracesGroupA44E92D9": {`),
			want: []string{"stage prod has Observability/Another/Group (Another), and not every stage"}},
		{name: "a_variable_with_two_values_in_a_stage", both: in(`"RetentionInDays": 90`, `"RetentionInDays": 30`),
			want: []string{"the variable logs_retention_days stands for properties that differ in stage"}},
		{name: "a_derived_value_that_is_another", both: in(`"10.30.1.0/24"`, `"10.30.7.0/24"`),
			want: []string{"isolatedSubnet*/Subnet:CidrBlock", `gives "10.30.1.0/24" for stage dev, which has "10.30.7.0/24"`}},
		{name: "two_resources_of_one_name", both: in(`"TracesGroupA44E92D9": {`, `"Another": {"Type": "AWS::XRay::Group", "Properties": {"GroupName": "x"}, "Metadata": {"aws:cdk:path": "STAGE/Observability/Traces/Resource"}}, "TracesGroupA44E92D9": {`),
			want: []string{"are both called aws_xray_group.traces"}},
		{name: "a_resource_without_its_construct_path", both: in(`"aws:cdk:path": "STAGE/Observability/Traces/Group"`, `"cdk_nag": {}`),
			want: []string{"TracesGroupA44E92D9 has no aws:cdk:path"}},
		{name: "a_client_of_whom_no_function_is_told", both: in(`"TracesGroupA44E92D9": {`, `"Another": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Name": "fluxa-orders-a-STAGE"}, "Metadata": {"aws:cdk:path": "STAGE/Pipeline/Clients/orders/a/Key"}}, "TracesGroupA44E92D9": {`),
			want: []string{"Another is of the client orders, of whom no function is told"}},
		{name: "an_unknown_deletion_policy", both: in(`"DeletionPolicy": "Delete"`, `"DeletionPolicy": "Snapshot"`), want: []string{"Snapshot"}},
		{name: "an_unknown_function", both: in(`"DisplayName": "Fluxa STAGE"`, `"DisplayName": {"Fn::Base64": "x"}`),
			want: []string{"NotificationsTopicAE679CBD", "DisplayName", "Fn::Base64", "this function is not supported"}},
		{name: "a_name_that_is_not_there", both: in(`"DisplayName": "Fluxa STAGE"`, `"DisplayName": {"Ref": "Nothing"}`), want: []string{"the stack has no resource Nothing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			only := c.only
			if only == nil {
				only = c.both
			}
			_, err := linked(t, c.both, only)
			if err == nil {
				t.Fatal("got no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want it to say %q", err, want)
				}
			}
		})
	}
}
