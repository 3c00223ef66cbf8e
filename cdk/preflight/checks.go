package preflight

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/smithy-go"
)

// bootstrapStack is the stack that `cdk bootstrap` makes, of that name by default.
const bootstrapStack = "CDKToolkit"

func (r *run) checkBootstrap(ctx context.Context) (finding, error) {
	advice := fmt.Sprintf("npx cdk bootstrap aws://%s/%s", r.account, r.region)
	stack, err := r.stack(ctx, bootstrapStack)
	if err != nil {
		return finding{}, err
	}
	if stack == nil {
		return finding{detail: "the CDK is not bootstrapped in this account and region", advice: advice}, nil
	}
	version := 0
	for _, output := range stack.Outputs {
		if aws.ToString(output.OutputKey) == "BootstrapVersion" {
			version, _ = strconv.Atoi(aws.ToString(output.OutputValue))
		}
	}
	if version < r.plan.Bootstrap {
		return finding{detail: fmt.Sprintf("the CDK's bootstrap stack has version %d, and the stage needs %d", version, r.plan.Bootstrap), advice: advice}, nil
	}
	return finding{good: true, detail: fmt.Sprintf("the CDK's bootstrap stack has version %d", version)}, nil
}

// stack returns a stack, nil for none.
func (r *run) stack(ctx context.Context, name string) (*types.Stack, error) {
	got, err := r.stacks.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	if failure, is := errors.AsType[smithy.APIError](err); is && failure.ErrorCode() == "ValidationError" && strings.Contains(failure.ErrorMessage(), "does not exist") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask CloudFormation for the stack %s: %w", name, err)
	}
	if len(got.Stacks) == 0 {
		return nil, nil
	}
	return &got.Stacks[0], nil
}

// checkZones asks for availability zones only: a region has Local Zones too, for who
// opts in to them.
func (r *run) checkZones(ctx context.Context) (finding, error) {
	got, err := r.network.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{Filters: []ec2types.Filter{
		{Name: aws.String("state"), Values: []string{"available"}}, {Name: aws.String("opt-in-status"), Values: []string{"opt-in-not-required"}},
	}})
	if err != nil {
		return finding{}, fmt.Errorf("ask EC2 for the zones: %w", err)
	}
	var names []string
	for _, zone := range got.AvailabilityZones {
		names = append(names, aws.ToString(zone.ZoneName))
	}
	slices.Sort(names)
	have := "the account has " + strings.Join(names, ", ")
	missing := slices.DeleteFunc(slices.Clone(r.plan.Zones), func(zone string) bool { return slices.Contains(names, zone) })
	switch {
	case len(missing) > 0:
		return finding{detail: "there is no " + strings.Join(missing, ", ") + ": " + have, advice: "change network.zones in the stage's file"}, nil
	case r.plan.ZoneCount > len(names):
		return finding{detail: fmt.Sprintf("the stage wants %d zones: %s", r.plan.ZoneCount, have), advice: "lower network.availability_zones in the stage's file, or choose another region"}, nil
	}
	return finding{good: true, detail: have}, nil
}

// unreserved is the concurrency that Lambda keeps for functions without a reservation
// ("Configuring reserved concurrency for a function",
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html).
const unreserved = 100

func (r *run) checkConcurrency(ctx context.Context) (finding, error) {
	got, err := r.lambdas.GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil || got.AccountLimit == nil {
		return finding{}, fmt.Errorf("ask Lambda for the account's limits: %w", err)
	}
	limit, left := int(got.AccountLimit.ConcurrentExecutions), int(aws.ToInt32(got.AccountLimit.UnreservedConcurrentExecutions))
	wanted := 0
	for _, name := range slices.Sorted(maps.Keys(r.plan.Reservations)) {
		has, err := r.reserved(ctx, name)
		if err != nil {
			return finding{}, err
		}
		wanted, left = wanted+r.plan.Reservations[name], left+has
	}
	if lack := wanted + unreserved - left; wanted > 0 && lack > 0 {
		return finding{
			detail: fmt.Sprintf("the stage reserves %d of concurrency and Lambda keeps %d unreserved: of the account's %d, %d are free", wanted, unreserved, limit, left),
			advice: fmt.Sprintf("raise the quota to %d (aws service-quotas request-service-quota-increase --region %s --service-code lambda --quota-code L-B99A9384 --desired-value %d), or lower reserved_concurrency in the stage's file",
				limit+lack, r.region, limit+lack),
		}, nil
	}
	return finding{good: true, detail: fmt.Sprintf("the stage reserves %d of concurrency, and of the account's %d, %d are free", wanted, limit, left)}, nil
}

// reserved is what a function has reserved already, zero where it is not there yet.
func (r *run) reserved(ctx context.Context, name string) (int, error) {
	got, err := r.lambdas.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: aws.String(name)})
	if _, none := errors.AsType[*lambdatypes.ResourceNotFoundException](err); none {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("ask Lambda for the concurrency of %s: %w", name, err)
	}
	return int(aws.ToInt32(got.ReservedConcurrentExecutions)), nil
}

func (r *run) checkDatabase(ctx context.Context) (finding, error) {
	if r.plan.Database == "" {
		return finding{good: true, detail: "the stage makes no instance"}, nil
	}
	_, err := r.database.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(r.plan.Database)})
	if err == nil {
		return finding{good: true, detail: r.plan.Database + " is there"}, nil
	}
	if _, none := errors.AsType[*rdstypes.DBInstanceNotFoundFault](err); !none {
		return finding{}, fmt.Errorf("ask RDS for %s: %w", r.plan.Database, err)
	}
	got, err := r.database.DescribeAccountAttributes(ctx, &rds.DescribeAccountAttributesInput{})
	if err != nil {
		return finding{}, fmt.Errorf("ask RDS for the account's quotas: %w", err)
	}
	needed := map[string]int64{"DBInstances": 1, "AllocatedStorage": int64(r.plan.StorageGiB)}
	var short []string
	for _, quota := range got.AccountQuotas {
		name := aws.ToString(quota.AccountQuotaName)
		if used, most := aws.ToInt64(quota.Used), aws.ToInt64(quota.Max); used+needed[name] > most && needed[name] > 0 {
			short = append(short, fmt.Sprintf("%s: %d of %d are used, and the stage needs %d", name, used, most, needed[name]))
		}
	}
	if len(short) > 0 {
		return finding{detail: strings.Join(short, "; "), advice: "raise the quota of Amazon RDS in the Service Quotas console, or delete what is not needed"}, nil
	}
	return finding{good: true, detail: fmt.Sprintf("there is room for an instance with %d GiB", r.plan.StorageGiB)}, nil
}

// checkAPIRole keeps a stage from taking the account's role over from another one, and
// from being without one.
func (r *run) checkAPIRole(ctx context.Context) (finding, error) {
	if !r.plan.HasAPI {
		return finding{good: true, detail: "the stage makes no API"}, nil
	}
	got, err := r.api.GetAccount(ctx, &apigateway.GetAccountInput{})
	if err != nil {
		return finding{}, fmt.Errorf("ask API Gateway for the account's settings: %w", err)
	}
	role := aws.ToString(got.CloudwatchRoleArn)
	own := slices.ContainsFunc(r.plan.Stacks, func(s Stack) bool { return strings.Contains(role, "/"+s.Name+"-") })
	switch {
	case r.plan.SetsAPIRole && role != "" && !own:
		return finding{detail: "API Gateway writes logs by " + role + ", and the stage would put its own role in the place of that one",
			advice: "set api.account_role to false in the stage's file"}, nil
	case !r.plan.SetsAPIRole && role == "":
		return finding{detail: "API Gateway has no role to write logs by in this account and region, and the stage sets none",
			advice: "set api.account_role to true in the stage's file"}, nil
	case role == "":
		return finding{good: true, detail: "the stage sets the role by which API Gateway writes logs"}, nil
	}
	return finding{good: true, detail: "API Gateway writes logs by " + role}, nil
}

// checkStacks finds what stops a deploy or its repetition: the CDK deletes a stack
// whose first deploy failed, which CloudFormation refuses for a protected one ("Protect
// CloudFormation stacks from being deleted",
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html).
func (r *run) checkStacks(ctx context.Context) (finding, error) {
	there, protects := 0, false
	var wrong, todo []string
	for _, wanted := range r.plan.Stacks {
		protects = protects || wanted.Protected
		found, err := r.stack(ctx, wanted.Name)
		if err != nil {
			return finding{}, err
		}
		if found == nil {
			continue
		}
		there++
		status := string(found.StackStatus)
		neverWorked := slices.Contains([]string{"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS"}, status)
		switch {
		case neverWorked && aws.ToBool(found.EnableTerminationProtection):
			wrong = append(wrong, fmt.Sprintf("%s failed its first deploy (%s) and is protected", wanted.Name, status))
			todo = append(todo, "aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name "+wanted.Name)
		case strings.HasSuffix(status, "_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS":
			wrong, todo = append(wrong, wanted.Name+" is "+status), append(todo, "wait until it has ended")
		case strings.HasSuffix(status, "_FAILED"):
			wrong, todo = append(wrong, wanted.Name+" is "+status), append(todo, "see docs/OPERATE.md, A deploy that failed")
		}
	}
	switch {
	case len(wrong) > 0:
		return finding{detail: strings.Join(wrong, "; "), advice: strings.Join(slices.Compact(todo), " && ")}, nil
	case there == 0 && protects:
		return finding{detail: "no stack is there yet, and the templates protect them at once: a first deploy that fails could not be repeated",
			advice: "make the first deploy with -c first_deploy=true, and the next one without it"}, nil
	}
	return finding{good: true, detail: fmt.Sprintf("%d of %d are there", there, len(r.plan.Stacks))}, nil
}
