package cost_test

import (
	"math"
	"testing"

	"github.com/fluxa/fluxa/cdk/cost"
	"github.com/fluxa/fluxa/cdk/template"
)

// TestEstimate_with_a_key_of_the_stage: 8,760 periods of five minutes a month, in each of
// which one function sends and one receives, and a thousand objects that are put, and
// read 1.1 times.
func TestEstimate_with_a_key_of_the_stage(t *testing.T) {
	t.Parallel()
	queues := &template.Stack{Name: "Pipeline"}
	if err := queues.Decode([]byte(`{"Resources": {
		"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"KmsDataKeyReusePeriodSeconds": 300}},
		"Key": {"Type": "AWS::KMS::Key", "Properties": {}}, "TopicKey": {"Type": "AWS::KMS::Key", "Properties": {}}}}`)); err != nil {
		t.Fatal(err)
	}
	made, err := template.NewStage("dev", queues)
	if err != nil {
		t.Fatal(err)
	}
	s := byName(t, "dev")
	s.Encryption.CustomerKey = true
	b, err := cost.Estimate(load(t), s, cost.DefaultWorkload(), cost.FootprintOf(made))
	if err != nil {
		t.Fatal(err)
	}
	got, monthly := quantities(b.PerMillion), quantities(b.Monthly)
	for item, want := range map[string]float64{"SQS, encrypted": 26_280, "S3, encrypted": 21} {
		if math.Abs(got[item]-want) > 1e-6 {
			t.Errorf("%s: %v, want %v", item, got[item], want)
		}
	}
	if monthly["key of the topics"] != 1 || monthly["key of what is stored"] != 1 {
		t.Errorf("the keys are %v", monthly)
	}
	without := estimate(t, byName(t, "dev"), cost.DefaultWorkload())
	if n := quantities(without.PerMillion)["SQS, encrypted"] + quantities(without.Monthly)["key of what is stored"]; n != 0 {
		t.Errorf("a stage without a key pays for %v", n)
	}
}
