package stack_test

import (
	"testing"

	"github.com/fluxa/fluxa/cdk/cost"
)

// What make cost counts is what the templates have.
func TestFootprint_is_that_of_the_templates(t *testing.T) {
	for _, p := range both(t) {
		got := cost.Footprint{
			CompositeAlarms: len(p.all("AWS::CloudWatch::CompositeAlarm")),
			Dashboards:      len(p.all("AWS::CloudWatch::Dashboard")),
			Keys:            len(p.all("AWS::KMS::Key")),
			DeployGroups:    len(p.all("AWS::CodeDeploy::DeploymentGroup")),
		}
		for _, endpoint := range p.all("AWS::EC2::VPCEndpoint") {
			if endpoint.text("VpcEndpointType") == "Interface" {
				got.InterfaceEndpoints++
			}
		}
		for _, alarm := range p.all("AWS::CloudWatch::Alarm") {
			metrics, computed := alarm.plain("Metrics").([]any)
			if !computed {
				got.AlarmMetrics++
			}
			for _, metric := range metrics {
				if metric.(object)["MetricStat"] != nil {
					got.AlarmMetrics++
				}
			}
		}
		for _, acl := range p.all("AWS::WAFv2::WebACL") {
			got.FirewallRules += len(acl.plain("Rules").([]any))
		}
		for _, database := range p.all("AWS::RDS::DBInstance") {
			if database.plain("ManageMasterUserPassword") == true {
				got.Secrets++
			}
		}
		want := cost.FootprintOf(p.settings)
		got.FunctionMetrics = want.FunctionMetrics // those are written by the functions
		if got != want {
			t.Errorf("%s has %+v, and make cost counts %+v", p.settings.Name, got, want)
		}
	}
}
