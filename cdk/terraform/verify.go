package terraform

import (
	"fmt"
	"strings"
)

// verify computes the derived values, now that all variables are known.
func (m *merger) verify() {
	for _, c := range m.checks {
		want, err := m.literal(c.variant)
		if err != nil {
			m.fail("%s: %v", c.path, err)
			continue
		}
		got, err := evaluate(c.expression, m.out.values, c.variant)
		if err != nil {
			m.fail("%s: %v", c.path, err)
		} else if got != want {
			m.fail("%s: %s gives %q for stage %s, which has %q", c.path, c.expression, got, c.variant.stage, want)
		}
	}
}

// literal returns the value as text, with the stage's name where it stands.
func (m *merger) literal(v variant) (string, error) {
	if words, is := v.value.(Text); is {
		var out strings.Builder
		for _, word := range words {
			if word == Variable("environment") {
				word = v.stage
			}
			s, is := word.(string)
			if !is {
				return "", fmt.Errorf("a derived value cannot stand for %s", shown(v.value))
			}
			out.WriteString(s)
		}
		return out.String(), nil
	}
	return fmt.Sprint(v.value), nil
}

func (m *merger) fail(format string, args ...any) {
	m.errs = append(m.errs, fmt.Errorf(format, args...))
}

// matches tells whether the path is that of the pattern, in which * stands for
// anything.
func matches(pattern, path string) bool {
	words := strings.Split(pattern, "*")
	if len(words) == 1 {
		return pattern == path
	}
	rest, begins := strings.CutPrefix(path, words[0])
	if !begins {
		return false
	}
	last := len(words) - 1
	for _, word := range words[1:last] {
		at := strings.Index(rest, word)
		if at < 0 {
			return false
		}
		rest = rest[at+len(word):]
	}
	return strings.HasSuffix(rest, words[last])
}

// shown writes a value for a message, in the form of HCL.
func shown(v Value) string {
	if v == nil {
		return "nothing"
	}
	return source(v, func(r Reference) string { return r.Resource + "." + r.Attribute })
}
