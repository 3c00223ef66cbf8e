package adopted_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cdk/adopted"
	"github.com/fluxa/fluxa/cdk/template"
)

func adopting(t *testing.T, own string) *template.Stage {
	t.Helper()
	data := &template.Stack{Name: "Data"}
	if err := data.Decode([]byte(`{"Resources": {
		"DB": {"Type": "AWS::RDS::DBInstance", "Properties": {"DBInstanceIdentifier": "` + own + `"}, "Metadata": {"fluxa:adopted":
			{"Name": "restored", "Host": "restored.x.rds.amazonaws.com", "ResourceID": "db-ABC", "SecretARN": "arn:secret"}}},
		"Other": {"Type": "T", "Properties": {
			"Names": ["restored", "restored-too", "{\"of\":\"restored\",\"is\":\"restored-too\"}"], "Host": "restored.x.rds.amazonaws.com",
			"User": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Region"}, ":dbuser:db-ABC/reader"]]}, "Secret": "arn:secret", "None": "",
			"ARN": {"Fn::Join": ["", ["arn:aws:rds:", {"Ref": "AWS::Region"}, ":1:db:restored"]]}}}},
		"Outputs": {"Endpoint": {"Value": "restored.x.rds.amazonaws.com"}}}`)); err != nil {
		t.Fatal(err)
	}
	stage, err := template.NewStage("dev", data)
	if err != nil {
		t.Fatal(err)
	}
	return stage
}

func TestUndo_refers_to_the_stage_s_own_instance(t *testing.T) {
	t.Parallel()
	of := func(attribute string) template.Reference {
		return template.Reference{Stack: "Data", Resource: "DB", Attribute: attribute}
	}
	own := adopting(t, "own")
	stage := adopted.Undo(own)
	want := template.Object{
		"Names": template.List{of("Ref"), "restored-too", template.Text{`{"of":"`, of("Ref"), `","is":"restored-too"}`}}, "Host": of("Endpoint.Address"),
		"User":   template.Text{"arn:", template.Pseudo("AWS::Region"), ":dbuser:", of("DbiResourceId"), "/reader"},
		"Secret": of("MasterUserSecret.SecretArn"), "None": "",
		"ARN": template.Text{"arn:aws:rds:", template.Pseudo("AWS::Region"), ":1:db:", of("Ref")},
	}
	other := stage.Stack("Data").Resource("Other")
	if diff := cmp.Diff(want, other.Properties); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := stage.Stack("Data").Outputs[0].Value; got != of("Endpoint.Address") {
		t.Errorf("the output is %v", got)
	}
	if other.Stack != stage.Stack("Data") || own.Stack("Data").Resource("Other").At("Host") != "restored.x.rds.amazonaws.com" {
		t.Error("the stage is not a copy of its own")
	}
}

func TestUndo_leaves_the_name_that_both_have(t *testing.T) {
	t.Parallel()
	stage := adopted.Undo(adopting(t, "restored"))
	if got := stage.Stack("Data").Resource("DB").At("DBInstanceIdentifier"); got != "restored" {
		t.Errorf("the instance is called %v", got)
	}
	if got := stage.Stack("Data").Resource("Other").At("Host"); got == "restored.x.rds.amazonaws.com" {
		t.Errorf("the host is %v", got)
	}
}
