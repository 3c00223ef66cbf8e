package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	deploytypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

type deployments interface {
	GetDeployment(context.Context, *codedeploy.GetDeploymentInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error)
	PutLifecycleEventHookExecutionStatus(context.Context, *codedeploy.PutLifecycleEventHookExecutionStatusInput, ...func(*codedeploy.Options)) (*codedeploy.PutLifecycleEventHookExecutionStatusOutput, error)
}

type versions interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// handler answers CodeDeploy's lifecycle event BeforeAllowTraffic
// (https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html):
// it asks the new version whether it can work, and tells CodeDeploy, which waits for an
// hour and then takes the deployment for failed.
type handler struct {
	base        boot.Base
	deployments deployments
	versions    versions
	arns        []string // of the versions of this release
	sleep       func(context.Context, time.Duration) error
}

// hookEvent is all that CodeDeploy says; which version it is about, it does not
// (https://github.com/aws/serverless-application-model/blob/master/docs/safe_lambda_deployments.rst).
type hookEvent struct {
	DeploymentID string `json:"DeploymentId"`
	ExecutionID  string `json:"LifecycleEventHookExecutionId"`
}

type hookAnswer struct {
	Status string `json:"status"`
}

// A version may need a moment: a connection that fails over, a start in the network, a
// concurrency that is used up. What fails three times in half a minute is broken.
const (
	tries = 3
	pause = 15 * time.Second
)

// Handle's error is of a verdict that CodeDeploy did not get: CodeDeploy invokes without
// waiting, and Lambda runs such an invocation twice more.
func (h *handler) Handle(ctx context.Context, in hookEvent) (hookAnswer, error) {
	work, cancel := boot.WorkContext(ctx)
	defer cancel()
	version, wrong := h.verify(work, in.DeploymentID)
	status := deploytypes.LifecycleEventStatusSucceeded
	if wrong != nil {
		status = deploytypes.LifecycleEventStatusFailed
	}
	_, untold := h.deployments.PutLifecycleEventHookExecutionStatus(ctx, &codedeploy.PutLifecycleEventHookExecutionStatusInput{
		DeploymentId: aws.String(in.DeploymentID), LifecycleEventHookExecutionId: aws.String(in.ExecutionID), Status: status,
	})
	if untold != nil {
		untold = fmt.Errorf("tell CodeDeploy of %s: %w", status, untold)
	}
	h.log(ctx, in.DeploymentID, version, string(status), errors.Join(wrong, untold))
	return hookAnswer{string(status)}, untold
}

// verify returns the version that the deployment is about, empty for a roll-back: that
// goes to a version which had traffic before, and must not wait for a database.
func (h *handler) verify(ctx context.Context, deploymentID string) (version string, err error) {
	out, err := h.deployments.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: aws.String(deploymentID)})
	if err != nil {
		return "", fmt.Errorf("read deployment %s: %w", deploymentID, err)
	}
	// https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeploymentInfo.html.
	// That CloudFormation names its own so is in the list of values there, and not said
	// otherwise.
	switch out.DeploymentInfo.Creator {
	case deploytypes.DeploymentCreatorCodeDeployRollback, deploytypes.DeploymentCreatorCloudFormationRollback:
		return "", nil
	}
	if version, err = h.versionOf(aws.ToString(out.DeploymentInfo.DeploymentGroupName)); err != nil {
		return "", err
	}
	for try := 1; ; try++ {
		err = h.ask(ctx, version)
		if err == nil || try == tries || ctx.Err() != nil {
			return version, err
		}
		if ended := h.sleep(ctx, pause); ended != nil {
			return version, err
		}
	}
}

// versionOf finds the version of the function for which the deployment group is named.
func (h *handler) versionOf(group string) (string, error) {
	for _, arn := range h.arns {
		if strings.Contains(arn, ":function:"+group+":") {
			return arn, nil
		}
	}
	return "", fmt.Errorf("the deployment group %q is that of none of %q", group, h.arns)
}

// ask invokes a version, and returns what is wrong with it.
func (h *handler) ask(ctx context.Context, version string) error {
	out, err := h.versions.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(version), Payload: []byte(contract.CheckEvent)})
	switch {
	case err != nil:
		return fmt.Errorf("invoke %s: %w", version, err)
	case out.FunctionError != nil:
		return fmt.Errorf("%s fails: %s: %.1000s", version, *out.FunctionError, out.Payload)
	}
	var answer contract.CheckAnswer
	if err := json.Unmarshal(out.Payload, &answer); err != nil || len(answer.Checks) == 0 {
		return fmt.Errorf("%s answers with no checks: %.1000s", version, out.Payload)
	}
	var failed []error
	for _, check := range answer.Checks {
		if check.Error != "" {
			failed = append(failed, fmt.Errorf("%s: %s", check.Name, check.Error))
		}
	}
	return errors.Join(failed...)
}

func (h *handler) log(ctx context.Context, deploymentID, version, status string, err error) {
	level, requestID := slog.LevelInfo, boot.RequestID(ctx)
	attrs := []slog.Attr{
		slog.String(telemetry.KeyRequestID, requestID), slog.String("deployment_id", deploymentID), slog.String("version", version), slog.String("status", status),
	}
	if err != nil {
		level, attrs = slog.LevelError, append(attrs, boot.Failure(err))
	}
	h.base.Logger.LogAttrs(ctx, level, "verify", attrs...)
	h.base.Flush(ctx, requestID)
}
