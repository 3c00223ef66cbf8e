package construct

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// text, number and list spare the callers the pointers of the CDK's API.
func text(s string) *string                { return jsii.String(s) }
func number[T int | float64](n T) *float64 { return jsii.Number(float64(n)) }
func list(values ...string) *[]*string     { return jsii.Strings(values...) }
func seconds(d time.Duration) awscdk.Duration {
	return awscdk.Duration_Seconds(number(d.Seconds()))
}

// check collects what is wrong with the props of one construct. Every method adds
// one sentence that names the field, its limit and the value; done panics with all
// of them.
type check struct {
	part  string
	wrong []string
}

func (c *check) require(good bool, field, format string, args ...any) {
	if !good {
		c.wrong = append(c.wrong, fmt.Sprintf("%s: %s %s", c.part, field, fmt.Sprintf(format, args...)))
	}
}

func (c *check) given(present bool, field string) { c.require(present, field, "is required") }

func (c *check) between(value, low, high int, field string) {
	c.require(value >= low && value <= high, field, "must be %d to %d, got %d", low, high, value)
}

// lasts checks a time that AWS counts in seconds.
func (c *check) lasts(value, low, high time.Duration, field string) {
	c.require(value >= low && value <= high && value%time.Second == 0, field, "must be %v to %v in whole seconds, got %v", low, high, value)
}

// name checks a text by its length and its characters, written as in a regular
// expression's class; none given means any. A token, whose text is known in the
// deployment only, passes.
func (c *check) name(value string, low, high int, characters, field string) {
	good, of := len(value) >= low && len(value) <= high, ""
	if characters != "" {
		good, of = good && regexp.MustCompile("^["+characters+"]*$").MatchString(value), " of "+characters
	}
	c.require(good || *awscdk.Token_IsUnresolved(value), field, "must have %d to %d characters%s, got %q", low, high, of, value)
}

func (c *check) retention(days int, field string) {
	known := slices.Sorted(maps.Keys(retentions()))
	c.require(slices.Contains(known, days), field, "must be one of %v, got %d", known, days)
}

func (c *check) removal(policy awscdk.RemovalPolicy) {
	known := []awscdk.RemovalPolicy{awscdk.RemovalPolicy_RETAIN, awscdk.RemovalPolicy_DESTROY}
	c.require(policy == "" || slices.Contains(known, policy), "Removal", "must be one of %v, got %s", known, policy)
}

func (c *check) done() {
	if len(c.wrong) > 0 {
		panic(strings.Join(c.wrong, "\n"))
	}
}

// removal returns the policy, or that of props which state none. What is retained is
// still deleted when the deployment that makes it is rolled back: it is empty then, and
// its name would stop the next try ("DeletionPolicy attribute", RetainExceptOnCreate,
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html).
func removal(policy awscdk.RemovalPolicy) awscdk.RemovalPolicy {
	if policy == awscdk.RemovalPolicy_DESTROY {
		return policy
	}
	return awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
}

// optional is the text, or none for "".
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return text(s)
}
