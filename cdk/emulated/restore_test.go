package emulated_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/pkg/contract"
)

// TestRestoredInstanceIsAdopted walks the restore of docs/OPERATE.md: the commands of
// RDS, the setting, the deployment. The functions are deployed after it only, since the
// emulator makes functions and does not change them.
func TestRestoredInstanceIsAdopted(t *testing.T) {
	began := time.Now()
	t.Cleanup(func() { t.Logf("%-18s %5.1f s", "all of it", time.Since(began).Seconds()) })
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	c := cli{root: root, stage: "dev", emulator: startEmulator(t, root)}
	before := c.synthesize(t, "synth")
	c.bootstrap(t, before)
	c.do(t, "deploy data", "deploy", "--app", before, "--method", "direct", "--require-approval", "never", "dev/Network", "dev/Data")

	deployed := connect(c.emulator.address)
	s := settings(t, "dev")
	restored := restore(t, deployed, s)
	c.overlay = adopting(t, root, s.Name, restored)
	after := c.synthesize(t, "synth adopted")
	c.deploy(t, "deploy", after)

	stages, err := template.Read(after)
	if err != nil {
		t.Fatal(err)
	}
	if err := deployed.find(t.Context(), stages[slices.IndexFunc(stages, func(each *template.Stage) bool { return each.Name == s.Name })]); err != nil {
		t.Fatal(err)
	}
	for _, fault := range readExcluded(t).differences(deployed.readAll(t.Context())) {
		t.Error(fault)
	}
	checkAdopted(t, deployed, s, restored)
}

// restore restores the database to now, as the page says, and returns the instance.
func restore(t *testing.T, c *cloud, s stage.Stage) types.DBInstance {
	t.Helper()
	instance := func(name string) types.DBInstance {
		found, err := c.rds.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(name)})
		return must(t, found, err).DBInstances[0]
	}
	own, name := instance(s.Platform()), s.Platform()+"-restored"
	var groups []string
	for _, group := range own.VpcSecurityGroups {
		groups = append(groups, *group.VpcSecurityGroupId)
	}
	_, err := c.rds.RestoreDBInstanceToPointInTime(t.Context(), &rds.RestoreDBInstanceToPointInTimeInput{
		SourceDBInstanceIdentifier: own.DBInstanceIdentifier, TargetDBInstanceIdentifier: aws.String(name), UseLatestRestorableTime: aws.Bool(true),
		DBSubnetGroupName: own.DBSubnetGroup.DBSubnetGroupName, DBParameterGroupName: own.DBParameterGroups[0].DBParameterGroupName, VpcSecurityGroupIds: groups,
		EnableIAMDatabaseAuthentication: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.rds.ModifyDBInstance(t.Context(), &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: aws.String(name), ManageMasterUserPassword: aws.Bool(true), ApplyImmediately: aws.Bool(true),
	}); err != nil {
		t.Fatal(err)
	}
	restored := instance(name)
	if *restored.Endpoint.Address == *own.Endpoint.Address || *restored.MasterUserSecret.SecretArn == *own.MasterUserSecret.SecretArn {
		t.Fatal("the emulator restored the instance itself: this shows nothing")
	}
	return restored
}

// adopting returns an overlay for the Go compiler, in which the stage's file has the
// instance: what an engineer writes into the file.
func adopting(t *testing.T, root, stage string, i types.DBInstance) string {
	t.Helper()
	path := filepath.Join(root, "cdk", "stage", stage+".yaml")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	setting := regexp.MustCompile(`(?m)^  adopted: \{[^}]*\}`)
	if !setting.Match(raw) {
		t.Fatalf("%s has no database.adopted on one line", path)
	}
	raw = setting.ReplaceAll(raw, fmt.Appendf(nil, "  adopted: { name: %q, host: %q, resource_id: %q, secret_arn: %q }",
		*i.DBInstanceIdentifier, *i.Endpoint.Address, *i.DbiResourceId, *i.MasterUserSecret.SecretArn))
	folder := t.TempDir()
	edited, overlay := filepath.Join(folder, stage+".yaml"), filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(edited, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{path: edited}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, list, 0o644); err != nil {
		t.Fatal(err)
	}
	return overlay
}

func checkAdopted(t *testing.T, c *cloud, s stage.Stage, restored types.DBInstance) {
	t.Helper()
	for _, function := range []contract.Function{contract.FunctionProcessor, contract.FunctionQuery, contract.FunctionMaintain, contract.FunctionMigrate} {
		found, err := c.lambdas.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(s.Named(string(function)))})
		variables := must(t, found, err).Environment.Variables
		same(t, string(function)+"'s host", *restored.Endpoint.Address, variables["DB_HOST"])
		if function == contract.FunctionMigrate {
			same(t, "the secret of migrate", *restored.MasterUserSecret.SecretArn, variables["DB_SECRET_ARN"])
		}
	}
	found, err := c.watch.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{s.Named("database-cpu")}})
	alarm := must(t, found, err).MetricAlarms[0]
	same(t, "the instance of the alarm", *restored.DBInstanceIdentifier, *alarm.Metrics[0].MetricStat.Metric.Dimensions[0].Value)
	own, err := c.rds.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(s.Platform())})
	if status := *must(t, own, err).DBInstances[0].DBInstanceStatus; !strings.EqualFold(status, "available") {
		t.Errorf("the stage's own instance is %s", status)
	}
}
