// Package operations lets a command work on a stage's data without a connection to its
// database: it invokes the function maintain, step by step (pkg/operate).
package operations

import (
	"context"
	"fmt"
	"os/user"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/pkg/contract"
)

// callTimeout bounds one call of the function, which answers after some seconds.
const callTimeout = 2 * time.Minute

// Function names the function maintain where nothing else tells its name.
type Function struct {
	Name string `group:"target" name:"maintain-function" env:"FLUXA_MAINTAIN_FUNCTION" placeholder:"NAME" help:"Function maintain of a deployed stack, its name or ARN, where --stage cannot find it. Default: the stage's, or the local stack's."`
}

// Target names a stack by its function maintain.
type Target struct {
	target.Functions
	Function
}

// Open finds the function, and who calls it.
func (t Target) Open(ctx context.Context) (*Stage, error) {
	if t.Name == "" {
		on, err := t.Find(ctx)
		if err != nil {
			return nil, err
		}
		return t.Function.Open(ctx, on, t.Folder())
	}
	if t.Stage != "" || t.Profile != "" {
		return nil, exit.Usagef("--maintain-function names a function, and --stage or --profile a stage: give one of them")
	}
	settings, err := target.AWSConfig(ctx, t.Region, "")
	if err != nil {
		return nil, err
	}
	return t.Function.Open(ctx, &target.Stack{Name: t.Name, AWS: settings}, t.Folder())
}

// Stage is a stack whose function maintain can be invoked.
type Stage struct {
	// Name is how people call it.
	Name     string
	client   *lambda.Client
	function string
	by       string
	dir      string // where it is remembered how far an operation has come
	on       *target.Stack
}

// Tell says on Err on which stack an operation is going to act.
func (s *Stage) Tell(c console.Console) { s.on.Tell(c) }

// Open finds the function of a stack, and who calls it. dir is the folder in which it is
// remembered how far an operation has come.
func (f Function) Open(ctx context.Context, on *target.Stack, dir string) (*Stage, error) {
	name := f.Name
	if name != "" && (on.Local != nil || on.Stage != "") {
		return nil, exit.Usagef("--maintain-function and --dlq-url go together: they name the parts of a deployed stack, and %s is another", on.Name)
	}
	if name == "" {
		var err error
		if name, err = on.Function(contract.FunctionMaintain); err != nil {
			return nil, err
		}
	}
	by, err := caller(ctx, on)
	return &Stage{Name: on.Name, client: lambda.NewFromConfig(on.AWS), function: name, by: by, dir: dir, on: on}, err
}

// caller is who works on the stack, for the record that the operation leaves.
func caller(ctx context.Context, on *target.Stack) (string, error) {
	if on.Local != nil {
		if person, err := user.Current(); err == nil {
			return "local:" + person.Username, nil
		}
		return "local", nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	identity, err := sts.NewFromConfig(on.AWS).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("ask AWS whose credentials these are: %w", err)
	}
	return aws.ToString(identity.Arn), nil
}
