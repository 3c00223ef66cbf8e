// Package operations lets a command work on a stage's data without a connection to its
// database: it invokes the function maintain, step by step (pkg/operate).
package operations

import (
	"context"
	"fmt"
	"os/user"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
)

// callTimeout bounds one call of the function, which answers after some seconds.
const callTimeout = 2 * time.Minute

// Function names the function maintain of a stack.
type Function struct {
	Name string `name:"maintain-function" env:"FLUXA_MAINTAIN_FUNCTION" placeholder:"NAME" help:"Function maintain of a deployed stack, its name or ARN, invoked with the AWS credentials of the environment. Default: the local stack's."`
}

// Target names a stack by its function maintain.
type Target struct {
	target.Local
	Function
	Region string `env:"AWS_REGION" placeholder:"REGION" help:"AWS region of the function."`
}

// Open finds the function, and who calls it.
func (t Target) Open(ctx context.Context) (*Stage, error) {
	return t.Function.Open(ctx, t.Local, t.Region)
}

// Stage is a stack whose function maintain can be invoked.
type Stage struct {
	// Name is how people call it.
	Name     string
	client   *lambda.Client
	function string
	by       string
	dir      string // where it is remembered how far an operation has come
}

// Open finds the function, and who calls it. Without a name it is the local stack's.
func (f Function) Open(ctx context.Context, at target.Local, region string) (*Stage, error) {
	if f.Name == "" {
		info, err := at.Running("--maintain-function")
		if err != nil {
			return nil, err
		}
		return local(info, at.Dir), nil
	}
	cfg, err := target.AWSConfig(ctx, region, "")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	caller, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("ask AWS whose credentials these are: %w", err)
	}
	return &Stage{Name: f.Name, client: lambda.NewFromConfig(cfg), function: f.Name, by: aws.ToString(caller.Arn), dir: at.Dir}, nil
}

func local(info stack.Info, dir string) *Stage {
	by := "local"
	if person, err := user.Current(); err == nil {
		by = "local:" + person.Username
	}
	client := lambda.New(lambda.Options{
		Region: info.Region, BaseEndpoint: aws.String(info.AWSEndpoint),
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	return &Stage{
		Name: "the local stack", client: client, by: by, dir: dir,
		function: "fluxa-" + string(contract.FunctionMaintain) + "-" + stack.Stage,
	}
}
