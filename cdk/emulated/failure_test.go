package emulated_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
)

// failFirst lets the first deployment of the stage fail as docs/OPERATE.md has it under
// "A deploy that failed": in the stack with the data, halfway, since the account has an
// instance of the database's name.
func failFirst(t *testing.T, c cli) {
	t.Helper()
	account := connect(c.emulator.address)
	name := aws.String("fluxa-" + c.stage)
	if _, err := account.rds.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: name, DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres"),
		AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("other"), ManageMasterUserPassword: aws.Bool(true),
	}); err != nil {
		t.Fatal(err)
	}
	first := c.synthesize(t, "synth first", "first_deploy=true")
	if out, err := c.try(t, "fails", c.deployment(first)...); err == nil || !strings.Contains(out, "DBInstanceAlreadyExists") {
		t.Fatalf("the first deployment of %s: %v, want DBInstanceAlreadyExists\n%s", c.stage, err, out)
	}
	stack, err := account.stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("fluxa-data-" + c.stage)})
	if err != nil || stack.Stacks[0].StackStatus != types.StackStatusRollbackComplete {
		t.Fatalf("the stack with the data is not rolled back: %v, %v\n%s", stack, err, tail(c.emulator.log))
	}
	if _, err := account.rds.DeleteDBInstance(t.Context(), &rds.DeleteDBInstanceInput{DBInstanceIdentifier: name, SkipFinalSnapshot: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
}
