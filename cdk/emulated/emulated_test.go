package emulated_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/cdk/template"
)

// deployed is a stage in an emulated account of its own.
type deployed struct {
	*cloud
	cli
	settings stage.Stage
	stacks   int
}

// deploy synthesizes a stage, bootstraps an account and deploys the stage to it. Before
// is what happens in the account first.
func deploy(t *testing.T, root, name string, before func(*testing.T, cli)) *deployed {
	t.Helper()
	c := cli{root: root, stage: name, emulator: startEmulator(t, root)}
	assembly := c.synthesize(t, "synth")
	c.bootstrap(t, assembly)
	before(t, c)
	c.deploy(t, "deploy", assembly)
	stages, err := template.Read(assembly)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(stages, func(s *template.Stage) bool { return s.Name == name })
	if at < 0 {
		t.Fatalf("%s has no stage %s", assembly, name)
	}
	d := &deployed{cloud: connect(c.emulator.address), cli: c, settings: settings(t, name), stacks: len(stages[at].Stacks)}
	if err := d.find(t.Context(), stages[at]); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestStagesAreDeployedAsTheirTemplatesAndTheirCodeSay(t *testing.T) {
	began := time.Now()
	t.Cleanup(func() { t.Logf("%-18s %5.1f s", "all of it", time.Since(began).Seconds()) })
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dev := deploy(t, root, "dev", func(*testing.T, cli) {})
	// That prod can be deployed after this shows that nothing with a name was left.
	prod := deploy(t, root, "prod", failFirst)
	list, reading := readExcluded(t), time.Now()
	t.Run("every property of every template is read back", func(t *testing.T) {
		for _, fault := range list.faults(append(dev.readAll(t.Context()), prod.readAll(t.Context())...)) {
			t.Error(fault)
		}
	})
	for _, d := range []*deployed{dev, prod} {
		t.Run("what the code promises is there in "+d.settings.Name, func(t *testing.T) { checkPromises(t, d.cloud, d.settings) })
	}
	t.Logf("%-18s %5.1f s", "read back", time.Since(reading).Seconds())

	// A synthesis of its own: a template that is not the same twice would differ.
	again := dev.synthesize(t, "synth again")
	t.Run("a diff after no change is empty", func(t *testing.T) { dev.diff(t, again) })
	t.Run("a deployment after no change changes nothing", func(t *testing.T) {
		out := dev.cli.deploy(t, "deploy again", again)
		if unchanged := strings.Count(out, "(no changes)"); unchanged != dev.stacks {
			t.Errorf("%d of %d stacks say that nothing changed:\n%s", unchanged, dev.stacks, out)
		}
	})
	t.Run("the pipeline has its roles and its commands work", func(t *testing.T) { checkDelivery(t, dev.cli, dev.cloud, again) })
	t.Run("what is changed behind its back is found", func(t *testing.T) { checkTampering(t, dev, list, prod.readAll(t.Context())) })
}

func settings(t *testing.T, name string) stage.Stage {
	t.Helper()
	stages, err := stage.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stages {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no stage %s", name)
	return stage.Stage{}
}

// checkTampering changes a number, a document and a part of resources, and demands
// that reading back reports these and nothing else. Others are findings that are right.
func checkTampering(t *testing.T, c *deployed, list excluded, others []finding) {
	s, ctx := c.settings, t.Context()
	queue, err := c.queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(s.Named("events"))})
	if err != nil {
		t.Fatal(err)
	}
	attributes, err := c.queueAttributes(ctx, *queue.QueueUrl)
	if err != nil {
		t.Fatal(err)
	}
	// moto drops the queue's policy when it is not said again.
	changed := map[string]string{"RedrivePolicy": "", "Policy": attributes["Policy"]}
	if _, err := c.queues.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: queue.QueueUrl, Attributes: changed}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.watch.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String(s.Named("dlq-depth")), Threshold: aws.Float64(float64(s.Alarms.DLQDepth + 1)), EvaluationPeriods: aws.Int32(1),
		ComparisonOperator: types.ComparisonOperatorGreaterThanOrEqualToThreshold,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.s3.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{
		Bucket: aws.String(s.Named("payloads") + "-" + account + "-" + region),
	}); err != nil {
		t.Fatal(err)
	}
	about, told := regexp.MustCompile(`\((\S+)\): `), map[string]bool{}
	for _, fault := range list.faults(append(c.readAll(ctx), others...)) {
		kind := about.FindStringSubmatch(fault)
		if kind == nil {
			t.Error(fault)
			continue
		}
		told[kind[1]] = true
	}
	want := map[string]bool{"AWS::SQS::Queue": true, "AWS::CloudWatch::Alarm": true, "AWS::S3::Bucket": true}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}
