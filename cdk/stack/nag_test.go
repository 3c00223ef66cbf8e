package stack_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/construct"
	"github.com/fluxa/fluxa/cdk/stack"
	"github.com/fluxa/fluxa/cdk/stage"
)

// finding is a row of cdk-nag's report.
type finding struct{ rule, path, compliance, reason string }

// report returns what cdk-nag wrote about a stack.
func report(t *testing.T, p *platform, name string) []finding {
	t.Helper()
	file, err := os.Open(filepath.Join(p.out, "AwsSolutions-"+p.settings.Named(strings.ToLower(name))+"-NagReport.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() // only read
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < 2 || !slices.Equal(rows[0][:4], []string{"Rule ID", "Resource ID", "Compliance", "Exception Reason"}) {
		t.Fatalf("%s: the report has %d rows, the first is %q", name, len(rows), rows[0])
	}
	var out []finding
	for _, row := range rows[1:] {
		out = append(out, finding{row[0], row[1], row[2], row[3]})
	}
	return out
}

func TestPolicyChecks_find_nothing_in_any_stack(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		for name := range p.stacks {
			compliant := 0
			for _, f := range report(t, p, name) {
				switch f.compliance {
				case "Compliant":
					compliant++
				case "Suppressed":
				default: // Non-Compliant, or UNKNOWN when a rule failed
					t.Errorf("%s: %s is %s with %s", p.settings.Name, f.path, f.compliance, f.rule)
				}
			}
			if compliant == 0 {
				t.Errorf("%s/%s: nothing was checked", p.settings.Name, name)
			}
		}
	}
}

func TestPolicyChecks_are_suppressed_with_a_reason_in_words(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		for name := range p.stacks {
			for _, f := range report(t, p, name) {
				if f.compliance == "Suppressed" && len(strings.Fields(withoutFinding(f.reason))) < 5 {
					t.Errorf("%s: %s is suppressed at %s because %q", p.settings.Name, f.rule, f.path, f.reason)
				}
			}
		}
	}
}

// withoutFinding cuts off the finding, in brackets, to which a reason applies.
func withoutFinding(reason string) string {
	if before, after, found := strings.Cut(reason, "] "); found && strings.HasPrefix(before, "[") {
		return after
	}
	return reason
}

// A suppression that no stage needs would hide the next finding.
func TestPolicyChecks_are_suppressed_nowhere_without_need(t *testing.T) {
	t.Parallel()
	needed, said := map[string]bool{}, map[string]string{}
	for _, p := range append(both(t), abroad(t)) {
		for name, stack := range p.stacks {
			for _, f := range report(t, p, name) {
				if f.compliance == "Suppressed" {
					needed[f.rule+": "+withoutFinding(f.reason)] = true
				}
			}
			for _, r := range stack.resources {
				nag, _ := r.Metadata["cdk_nag"].(object)
				rules, _ := nag["rules_to_suppress"].([]any)
				for _, rule := range rules {
					said[fmt.Sprintf("%v: %v", rule.(object)["id"], rule.(object)["reason"])] = r.String()
				}
			}
		}
	}
	for suppression, where := range said {
		if !needed[suppression] {
			t.Errorf("%s suppresses what is not found: %s", where, suppression)
		}
	}
	if len(said) == 0 {
		t.Error("no suppression was found")
	}
}

// TestPolicyChecks_stop_the_synthesis is the proof that the checks do run.
func TestPolicyChecks_stop_the_synthesis_of_a_queue_without_encryption_TLS_and_DLQ(t *testing.T) {
	var out string
	_, err := synthesize(t.TempDir(), func(app awscdk.App, zips string) ([]stage.Stage, error) {
		out = *app.Outdir()
		stages, err := stage.All()
		if err != nil {
			return nil, err
		}
		p := stack.NewPlatform(app, named(stages, "dev"), stack.Materials{Zips: zips, Rates: construct.Rates{Currency: "USD", AsOf: "2026-01-31"}})
		awssqs.NewQueue(p.Pipeline.Stack, jsii.String("Bad"), &awssqs.QueueProps{
			QueueName: jsii.String("fluxa-bad-dev"), Encryption: awssqs.QueueEncryption_UNENCRYPTED,
		})
		return stages, nil
	})
	if err == nil || !strings.Contains(err.Error(), "Validation failed") {
		t.Fatalf("the synthesis says %v", err)
	}
	var validation struct {
		PluginReports []struct {
			Conclusion string
			Violations []struct {
				Description         string
				ViolatingConstructs []struct{ ConstructPath string }
			}
		}
	}
	if err := readJSON(filepath.Join(out, "validation-report.json"), &validation); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, plugin := range validation.PluginReports {
		for _, violation := range plugin.Violations {
			rule, _, _ := strings.Cut(violation.Description, ":")
			for _, where := range violation.ViolatingConstructs {
				got = append(got, rule+" "+where.ConstructPath)
			}
		}
	}
	slices.Sort(got)
	same(t, "what was found", got, []string{
		"AwsSolutions-SQS2 dev/Pipeline/Bad/Resource", "AwsSolutions-SQS3 dev/Pipeline/Bad/Resource", "AwsSolutions-SQS4 dev/Pipeline/Bad/Resource",
	})
}
