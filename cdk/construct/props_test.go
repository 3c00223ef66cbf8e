package construct

import (
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

func TestCheck_takes_what_is_at_its_limits(t *testing.T) {
	c := &check{part: "Part"}
	c.given(true, "Field")
	c.between(1, 1, 2, "Low")
	c.between(2, 1, 2, "High")
	c.lasts(time.Second, time.Second, time.Minute, "Shortest")
	c.lasts(time.Minute, time.Second, time.Minute, "Longest")
	c.name("a", 1, 2, "a-z", "Shortest")
	c.name("zz", 1, 2, "a-z", "Longest")
	c.retention(3653, "Days")
	c.removal("")
	c.removal(awscdk.RemovalPolicy_DESTROY)
	c.done() // would panic
}

func TestCheck_says_all_that_is_wrong_a_field_a_sentence(t *testing.T) {
	c := &check{part: "Part"}
	c.given(false, "Handler")
	c.between(0, 1, 2, "Low")
	c.between(3, 1, 2, "High")
	c.lasts(1500*time.Millisecond, time.Second, time.Minute, "Half")
	c.lasts(2*time.Minute, time.Second, time.Minute, "Long")
	c.name("a/b", 1, 8, "a-z", "Name")
	panics(t, "Part: Handler is required\n"+
		"Part: Low must be 1 to 2, got 0\n"+
		"Part: High must be 1 to 2, got 3\n"+
		"Part: Half must be 1s to 1m0s in whole seconds, got 1.5s\n"+
		"Part: Long must be 1s to 1m0s in whole seconds, got 2m0s\n"+
		`Part: Name must have 1 to 8 characters of a-z, got "a/b"`, c.done)
}

func TestCheck_lets_a_name_pass_that_only_the_deployment_knows(t *testing.T) {
	c := &check{part: "Part"}
	c.name("payloads-"+*newStack(t).Account(), 1, 63, "a-z0-9-", "BucketName")
	c.done() // would panic
}
