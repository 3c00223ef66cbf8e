package cloudwatch

import (
	"fmt"
	"regexp"
	"strings"
)

// Composite is an alarm over the states of others, in the words of
// AWS::CloudWatch::CompositeAlarm. Its rule names each by its name, or by something that
// was given for its ARN ("AlarmRule":
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html).
type Composite struct {
	Name, Description string
	Rule              string
	Tells             bool // it has an action when it begins
}

var ruleToken = regexp.MustCompile(`\s*("[^"]*"|'[^']*'|[()]|[^\s()"']+)`)

// Evaluate returns the state, given those of the alarms.
func (c *Composite) Evaluate(states map[string]State) (State, error) {
	r := &rule{states: states}
	for _, found := range ruleToken.FindAllStringSubmatch(c.Rule, -1) {
		r.tokens = append(r.tokens, found[1])
	}
	holds, err := r.or()
	if err == nil && len(r.tokens) > 0 {
		err = fmt.Errorf("%q is too much", r.tokens[0])
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("composite alarm %s: rule %s: %w", c.Name, c.Rule, err)
	case holds:
		return InAlarm, nil
	}
	return OK, nil
}

// rule is what is left of one.
type rule struct {
	tokens []string
	states map[string]State
}

func (r *rule) next(token string) bool {
	if len(r.tokens) == 0 || r.tokens[0] != token {
		return false
	}
	r.tokens = r.tokens[1:]
	return true
}

func (r *rule) or() (bool, error) {
	holds, err := r.and()
	for err == nil && r.next("OR") {
		var other bool
		other, err = r.and()
		holds = holds || other
	}
	return holds, err
}

func (r *rule) and() (bool, error) {
	holds, err := r.term()
	for err == nil && r.next("AND") {
		var other bool
		other, err = r.term()
		holds = holds && other
	}
	return holds, err
}

func (r *rule) term() (bool, error) {
	switch {
	case r.next("NOT"):
		holds, err := r.term()
		return !holds, err
	case r.next("TRUE"):
		return true, nil
	case r.next("FALSE"):
		return false, nil
	case r.next("("):
		holds, err := r.or()
		if err == nil && !r.next(")") {
			err = fmt.Errorf("a parenthesis is not closed")
		}
		return holds, err
	}
	for _, state := range []State{InAlarm, OK, Insufficient} {
		if r.next(string(state)) {
			return r.is(state)
		}
	}
	return false, fmt.Errorf("a condition is missing before %q", strings.Join(r.tokens, " "))
}

// is reads the alarm of a condition.
func (r *rule) is(state State) (bool, error) {
	if !r.next("(") || len(r.tokens) < 2 || r.tokens[1] != ")" {
		return false, fmt.Errorf("%s must have one alarm in parentheses", state)
	}
	name := strings.Trim(r.tokens[0], `"'`)
	r.tokens = r.tokens[2:]
	is, known := r.states[name]
	if !known {
		return false, fmt.Errorf("there is no alarm %s", name)
	}
	return is == state, nil
}
