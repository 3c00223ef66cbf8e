package stack_test

import (
	"strings"
	"testing"
)

func TestEveryQueue_that_is_consumed_has_a_dead_letter_queue_and_time_enough(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		mappings := p.all("AWS::Lambda::EventSourceMapping")
		if len(mappings) == 0 {
			t.Errorf("%s consumes nothing", p.settings.Name)
		}
		for _, mapping := range mappings {
			same(t, mapping, mapping.plain("FunctionResponseTypes"), []string{"ReportBatchItemFailures"})
			queue := byARN(t, p, "AWS::SQS::Queue", mapping.text("EventSourceArn"))
			letters := byARN(t, p, "AWS::SQS::Queue", queue.text("RedrivePolicy", "deadLetterTargetArn"))
			if letters == queue {
				t.Errorf("%s gives messages up to itself", queue)
			}
			if kept, gone := letters.seconds(t, "MessageRetentionPeriod"), queue.seconds(t, "MessageRetentionPeriod"); kept <= gone {
				t.Errorf("%s keeps messages for %v s, and %s for %v: one that is moved brings its age along", letters, kept, queue, gone)
			}
			timeout := consumer(t, p, mapping).seconds(t, "Timeout")
			window, _ := mapping.plain("MaximumBatchingWindowInSeconds").(float64)
			if hidden := queue.seconds(t, "VisibilityTimeout"); hidden < 6*timeout+window {
				t.Errorf("%s hides a message for %v s: less than 6 × %v + %v", queue, hidden, timeout, window)
			}
		}
	}
}

func (r *resource) seconds(t *testing.T, property string) float64 {
	t.Helper()
	seconds, is := r.plain(property).(float64)
	if !is {
		t.Errorf("%s has no %s", r, property)
	}
	return seconds
}

// byARN returns the resource of the type whose ARN is written so.
func byARN(t *testing.T, p *platform, kind, arn string) *resource {
	t.Helper()
	for _, r := range p.all(kind) {
		if arn == "${"+r.of.name+"/"+r.Path+".Arn}" {
			return r
		}
	}
	t.Fatalf("%s has no %s %q", p.settings.Name, kind, arn)
	return nil
}

// consumer returns the function behind the alias that the mapping names.
func consumer(t *testing.T, p *platform, mapping *resource) *resource {
	t.Helper()
	for _, alias := range p.all("AWS::Lambda::Alias") {
		if !strings.Contains(mapping.text("FunctionName"), "${Pipeline/"+alias.Path+"}") {
			continue
		}
		for _, function := range p.all("AWS::Lambda::Function") {
			if alias.text("FunctionName") == "${Pipeline/"+function.Path+"}" {
				return function
			}
		}
	}
	t.Fatalf("%s has no function of this stage: %s", mapping, mapping.text("FunctionName"))
	return nil
}
