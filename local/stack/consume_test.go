package stack_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/fluxa/fluxa/local/stack"
)

// TestConsumer_of_the_page_handles_each_event_once runs local/examples/consumer on the
// notifications of the stack, one of which comes twice and one of which is none.
func TestConsumer_of_the_page_handles_each_event_once(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	queue := p.Info().AWSEndpoint + "/" + stack.AccountID + "/" + stack.NotificationQueue
	const events = 12
	for i := range events {
		if a := p.post(eventWith(fmt.Sprint("n", i), "123456789012345.6700", "Café", "{}")); a.status != 202 {
			t.Fatal(a)
		}
	}
	put := func(body string) {
		t.Helper()
		if _, err := p.SQS().SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &queue, MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
	put(`{"event_id":"n3","amount":123456789012345.6700,"currency":"EUR","merchant":"Café"}`)
	put(`{"Type":"Notification","Message":"{}"}`)

	binary := filepath.Join(t.TempDir(), "consumer")
	if out, err := exec.Command("go", "build", "-o", binary, "../examples/consumer").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	consumer := exec.CommandContext(ctx, binary, "-queue-url", queue)
	consumer.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+p.Info().AWSEndpoint, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x")
	var complaints strings.Builder
	consumer.Stderr = &complaints
	out, err := consumer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := consumer.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var handled []string
	for len(handled) < events && lines.Scan() {
		handled = append(handled, lines.Text())
	}
	eventually(t, func() string { // all but the one that is no notification
		if s, err := p.Queues().Stats(stack.NotificationQueue); err != nil || s.Visible+s.InFlight+s.Delayed != 1 {
			return fmt.Sprintf("the queue holds %+v, %v", s, err)
		}
		return ""
	})
	if err := consumer.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		handled = append(handled, lines.Text())
	}
	if err := consumer.Wait(); err != nil {
		t.Errorf("it ends with %v: %s", err, complaints.String())
	}
	var want []string
	for i := range events {
		want = append(want, fmt.Sprintf("n%d 123456789012345.6700 EUR Café", i))
	}
	slices.Sort(want)
	slices.Sort(handled)
	if !slices.Equal(handled, want) {
		t.Errorf("handled were\n%s", strings.Join(handled, "\n"))
	}
	if !strings.Contains(complaints.String(), "it has no event_id: is raw message delivery on?") {
		t.Errorf("of what is no notification it says %q", complaints.String())
	}
}

// TestAsyncAPI_describes_what_the_stack_sends validates a notification and a dead letter
// against docs/asyncapi.yaml.
func TestAsyncAPI_describes_what_the_stack_sends(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	valid := func(name string, value any) {
		t.Helper()
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource("urn:document", document); err != nil {
			t.Fatal(err)
		}
		if err := c.MustCompile("urn:document#/components/schemas/" + name).Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := start(t, nil)
	for _, merchant := range []string{"Café", "Another"} { // the second is a conflict
		if a := p.post(eventWith("a1", "1.50", merchant, "{}")); a.status != 202 {
			t.Fatal(a)
		}
		p.processed("a1")
	}
	p.drained()
	for queue, schema := range map[string]string{stack.NotificationQueue: "notificationAttributes", stack.DLQ: "deadLetterAttributes"} {
		messages := p.messages(queue)
		if len(messages) != 1 {
			t.Fatalf("%s has %d messages", queue, len(messages))
		}
		attributes := map[string]any{}
		for name, a := range messages[0].MessageAttributes {
			attributes[name] = *a.StringValue
		}
		valid(schema, attributes)
		var body any
		if err := json.Unmarshal([]byte(*messages[0].Body), &body); err != nil {
			t.Fatal(err)
		}
		if queue == stack.NotificationQueue {
			valid("notification", body)
		} else if attributes["error_code"] != "idempotency_conflict" {
			t.Errorf("the dead letter has %v", attributes)
		}
	}
}
