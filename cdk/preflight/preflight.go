package preflight

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/fluxa/fluxa/pkg/contract"
)

// callTimeout bounds one check, whose calls are few and small.
const callTimeout = 30 * time.Second

type run struct {
	plan    Plan
	account string
	region  string

	identity *sts.Client
	stacks   *cloudformation.Client
	lambdas  *lambda.Client
	network  *ec2.Client
	database *rds.Client
	api      *apigateway.Client
}

// finding is how a check ended when AWS answered.
type finding struct {
	good           bool
	detail, advice string
}

// Run makes all checks with the settings, whose region must be that of the plan where
// it has one, and calls report with each as it ends. A check that AWS does not answer
// has failed. Without credentials that work only the first one is made.
func Run(ctx context.Context, cfg aws.Config, p Plan, report func(contract.Check)) []contract.Check {
	r := &run{
		plan: p, region: cfg.Region, identity: sts.NewFromConfig(cfg), stacks: cloudformation.NewFromConfig(cfg), lambdas: lambda.NewFromConfig(cfg),
		network: ec2.NewFromConfig(cfg), database: rds.NewFromConfig(cfg), api: apigateway.NewFromConfig(cfg),
	}
	var out []contract.Check
	for _, step := range []struct {
		name string
		find func(context.Context) (finding, error)
	}{
		{"account", r.checkAccount}, {"bootstrap", r.checkBootstrap}, {"zones", r.checkZones}, {"network", r.checkNetwork}, {"lambda", r.checkConcurrency},
		{"rds", r.checkDatabase}, {"api logs", r.checkAPIRole}, {"stacks", r.checkStacks},
	} {
		check := r.check(ctx, step.name, step.find)
		report(check)
		if out = append(out, check); r.account == "" {
			break
		}
	}
	return out
}

func (r *run) check(ctx context.Context, name string, find func(context.Context) (finding, error)) contract.Check {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	found, err := find(ctx)
	switch {
	case err != nil:
		return contract.Check{Name: name, Status: contract.CheckFailed, Detail: err.Error()}
	case found.good:
		return contract.Check{Name: name, Status: contract.CheckPassed, Detail: found.detail}
	default:
		return contract.Check{Name: name, Status: contract.CheckFailed, Detail: found.detail, Advice: found.advice}
	}
}

func (r *run) checkAccount(ctx context.Context) (finding, error) {
	got, err := r.identity.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return finding{}, fmt.Errorf("ask AWS whose credentials these are: %w", err)
	}
	account := aws.ToString(got.Account)
	if r.plan.Account != "" && r.plan.Account != account {
		return finding{detail: fmt.Sprintf("the credentials are those of account %s, and the stage belongs to %s", account, r.plan.Account),
			advice: "use credentials of the stage's account, or change account in its file"}, nil
	}
	r.account = account
	return finding{good: true, detail: fmt.Sprintf("account %s, region %s", account, r.region)}, nil
}
