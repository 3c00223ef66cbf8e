package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	deploytypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	ingestV7    = "arn:aws:lambda:eu-west-1:111122223333:function:fluxa-ingest-prod:7"
	processorV9 = "arn:aws:lambda:eu-west-1:111122223333:function:fluxa-processor-prod:9"
)

// outside is CodeDeploy and Lambda.
type outside struct {
	creator        deploytypes.DeploymentCreator
	group          string
	unread, untold error
	answers        []func() (*lambda.InvokeOutput, error) // the last one for ever

	asked []string
	told  []string
	slept time.Duration
}

func (o *outside) GetDeployment(_ context.Context, in *codedeploy.GetDeploymentInput, _ ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error) {
	if o.unread != nil {
		return nil, o.unread
	}
	return &codedeploy.GetDeploymentOutput{DeploymentInfo: &deploytypes.DeploymentInfo{
		DeploymentId: in.DeploymentId, Creator: o.creator, DeploymentGroupName: aws.String(o.group),
	}}, nil
}

func (o *outside) PutLifecycleEventHookExecutionStatus(_ context.Context, in *codedeploy.PutLifecycleEventHookExecutionStatusInput, _ ...func(*codedeploy.Options)) (*codedeploy.PutLifecycleEventHookExecutionStatusOutput, error) {
	o.told = append(o.told, *in.DeploymentId+" "+*in.LifecycleEventHookExecutionId+" "+string(in.Status))
	return nil, o.untold
}

func (o *outside) Invoke(_ context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	o.asked = append(o.asked, *in.FunctionName+" "+string(in.Payload))
	return o.answers[min(len(o.asked), len(o.answers))-1]()
}

func (o *outside) sleep(_ context.Context, d time.Duration) error {
	o.slept += d
	return nil
}

func answers(payload string) func() (*lambda.InvokeOutput, error) {
	return func() (*lambda.InvokeOutput, error) { return &lambda.InvokeOutput{Payload: []byte(payload)}, nil }
}

func throws(payload string) func() (*lambda.InvokeOutput, error) {
	return func() (*lambda.InvokeOutput, error) {
		return &lambda.InvokeOutput{FunctionError: aws.String("Unhandled"), Payload: []byte(payload)}, nil
	}
}

func unreachable() (*lambda.InvokeOutput, error) { return nil, errors.New("TooManyRequestsException") }

func run(t *testing.T, o *outside) (raw string, line lambdatest.Object, err error) {
	t.Helper()
	base, log := lambdatest.Base(contract.FunctionVerify)
	h := &handler{base: base, deployments: o, versions: o, sleep: o.sleep, arns: []string{ingestV7, processorV9}}
	out, err := lambdatest.Invoke(t, boot.Handler(h.Handle), []byte(`{"DeploymentId":"d-1","LifecycleEventHookExecutionId":"e-1"}`))
	return string(out), log.Only(t), err
}

func TestVerify_tells_CodeDeploy_what_the_new_version_says(t *testing.T) {
	t.Parallel()
	const good = `{"checks":[{"name":"event"},{"name":"queue"}]}`
	for name, c := range map[string]struct {
		answers []func() (*lambda.InvokeOutput, error)
		asked   int
		wrong   string // in the log; empty: it passes
	}{
		"it can work":             {[]func() (*lambda.InvokeOutput, error){answers(good)}, 1, ""},
		"it needs a moment":       {[]func() (*lambda.InvokeOutput, error){unreachable, throws("{}"), answers(good)}, 3, ""},
		"no way to its database":  {[]func() (*lambda.InvokeOutput, error){answers(`{"checks":[{"name":"event","error":"database_unavailable: x"},{"name":"queue"}]}`)}, 3, "event: database_unavailable: x"},
		"it cannot start":         {[]func() (*lambda.InvokeOutput, error){throws(`{"errorType":"Runtime.ExitError"}`)}, 3, `fails: Unhandled: {"errorType":"Runtime.ExitError"}`},
		"it has no concurrency":   {[]func() (*lambda.InvokeOutput, error){unreachable}, 3, "invoke " + processorV9 + ": TooManyRequestsException"},
		"it knows no checks":      {[]func() (*lambda.InvokeOutput, error){answers(`{"batchItemFailures":[]}`)}, 3, "answers with no checks"},
		"it answers with no JSON": {[]func() (*lambda.InvokeOutput, error){answers("<html>")}, 3, "answers with no checks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &outside{creator: deploytypes.DeploymentCreatorCloudFormation, group: "fluxa-processor-prod", answers: c.answers}
			raw, line, err := run(t, o)
			status, level := "Succeeded", "INFO"
			if c.wrong != "" {
				status, level = "Failed", "ERROR"
			}
			if err != nil || raw != `{"status":"`+status+`"}` || !slices.Equal(o.told, []string{"d-1 e-1 " + status}) {
				t.Errorf("answer %s, error %v; told %q", raw, err, o.told)
			}
			if len(o.asked) != c.asked || o.asked[0] != processorV9+" "+contract.CheckEvent || o.slept != time.Duration(c.asked-1)*pause {
				t.Errorf("asked %q, slept %s", o.asked, o.slept)
			}
			text, _ := line["error"].(string)
			if line["message"] != "verify" || line["level"] != level || line["version"] != processorV9 || line["deployment_id"] != "d-1" || !strings.Contains(text, c.wrong) {
				t.Errorf("line %v", line)
			}
		})
	}
}

// A roll-back goes to a version that had traffic before.
func TestVerify_lets_a_rollback_pass_unasked(t *testing.T) {
	t.Parallel()
	for _, creator := range []deploytypes.DeploymentCreator{deploytypes.DeploymentCreatorCodeDeployRollback, deploytypes.DeploymentCreatorCloudFormationRollback} {
		o := &outside{creator: creator, group: "fluxa-processor-prod"}
		if _, _, err := run(t, o); err != nil || !slices.Equal(o.told, []string{"d-1 e-1 Succeeded"}) || len(o.asked) != 0 {
			t.Errorf("%s: told %q, asked %q, error %v", creator, o.told, o.asked, err)
		}
	}
}

func TestVerify_fails_what_it_cannot_judge(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]*outside{
		"read deployment d-1: throttled":                             {unread: errors.New("throttled")},
		`the deployment group "fluxa-query-prod" is that of none of`: {group: "fluxa-query-prod"},
		`the deployment group "ingest-prod" is that of none of`:      {group: "ingest-prod"},
	} {
		_, line, err := run(t, o)
		if text, _ := line["error"].(string); err != nil || !slices.Equal(o.told, []string{"d-1 e-1 Failed"}) || !strings.Contains(text, want) {
			t.Errorf("told %q, error %v, line %v", o.told, err, line)
		}
	}
}

// Lambda runs the invocation again then.
func TestVerify_throws_when_CodeDeploy_is_not_told(t *testing.T) {
	t.Parallel()
	o := &outside{group: "fluxa-ingest-prod", answers: []func() (*lambda.InvokeOutput, error){answers(`{"checks":[{"name":"queue"}]}`)}, untold: errors.New("throttled")}
	if _, line, err := run(t, o); err == nil || err.Error() != "tell CodeDeploy of Succeeded: throttled" || line["level"] != "ERROR" {
		t.Errorf("error %v, line %v", err, line)
	}
}
