package privilege

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Compare returns what the function is allowed too little, then what it is allowed
// too much, then its Problems. A wildcard that covers a need is a finding of its
// own, and not another one for the need.
func Compare(f Function, needs []Need) []Finding {
	var out []Finding
	add := func(format string, arguments ...any) {
		out = append(out, Finding{f.Name, fmt.Sprintf(format, arguments...)})
	}
	for _, n := range needs {
		target := f.target(n.Kind)
		covers := func(s Statement) bool { return s.covers(n.Action, target) }
		switch {
		case target == "":
			add("%s on %s is needed (%s), and its settings do not say which resource that is", n.Action, n.Kind, n.Why())
		case !slices.ContainsFunc(f.Allow, covers):
			add("%s on %s is needed (%s) and not granted", n.Action, n.Kind, n.Why())
		case slices.ContainsFunc(f.Deny, func(s Statement) bool { return covers(s) && !s.spares(n) }):
			add("%s on %s is needed (%s) and may be denied", n.Action, n.Kind, n.Why())
		}
	}
	for _, s := range f.Allow {
		if text := f.tooMuch(s, needs); text != "" {
			add("%s on %s is granted %s", s.Action, f.label(s.Resource), text)
		}
	}
	for _, problem := range f.Problems {
		add("%s", problem)
	}
	return out
}

// tooMuch returns what is wrong with a statement that allows, "" for nothing.
func (f Function) tooMuch(s Statement, needs []Need) string {
	covered := slices.IndexFunc(needs, func(n Need) bool { return s.covers(n.Action, f.target(n.Kind)) })
	switch {
	case covered < 0:
		return "and no call needs it"
	case strings.ContainsAny(s.Action, "*?") && s.Action != dataKeys:
		return "with a wildcard: name the actions that are needed"
	case s.Resource == "*" && needs[covered].Kind != Any:
		return fmt.Sprintf("although %s is enough", needs[covered].Kind)
	case s.Condition != "":
		return fmt.Sprintf("under the condition %s, and whether the call meets it is not known", s.Condition)
	}
	return ""
}

func (f Function) target(kind Kind) string {
	if kind == Any {
		return "*"
	}
	return f.Targets[kind]
}

// label says what a resource is to the function, if anything.
func (f Function) label(resource string) string {
	for _, kind := range slices.Sorted(maps.Keys(f.Targets)) {
		if f.Targets[kind] == resource {
			return fmt.Sprintf("%s (%s)", kind, resource)
		}
	}
	return resource
}

// covers reports whether the statement is about the action on the resource.
func (s Statement) covers(action, resource string) bool {
	return (s.Resource == resource || s.Resource == "*") && glob(s.Action, action)
}

// spares reports whether the condition of a statement that denies is known to leave
// a need alone: it is about calls without TLS, which the SDK never makes, or about
// those that carry the function's ARN.
func (s Statement) spares(n Need) bool {
	return strings.Contains(s.Condition, `"aws:SecureTransport":"false"`) ||
		n.Sourceless && strings.Contains(s.Condition, `"lambda:SourceFunctionArn"`)
}

// glob reports whether an action matches a pattern of IAM, in which * stands for any
// text and ? for a character, and case does not count.
func glob(pattern, action string) bool {
	quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	matched, err := regexp.MatchString("(?i)^"+quoted+"$", action)
	return err == nil && matched
}
