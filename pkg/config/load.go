package config

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Load reads the settings of one function from an environment in the form of
// os.Environ; of a name given twice the last value counts, and an empty value
// counts as none. Returns an *Error that lists every fault at once.
func Load[T Settings](environ []string) (T, error) {
	var settings T
	values := toMap(environ)
	faults := &faultList{values: values, fields: fieldsOf(reflect.TypeFor[T]())}
	faults.parse(env.ParseWithOptions(&settings, env.Options{Environment: values}))
	settings.check(faults)
	if len(faults.found) > 0 {
		var none T
		return none, &Error{Faults: faults.inOrder()}
	}
	return settings, nil
}

// toMap drops empty values, so that "set, but empty" and "not set" are one case.
func toMap(environ []string) map[string]string {
	values := make(map[string]string, len(environ))
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if value == "" {
			delete(values, name)
			continue
		}
		values[name] = value
	}
	return values
}

// Fault is one variable that cannot be used and why, in a sentence that never
// repeats a secret's value.
type Fault struct {
	Variable string
	Detail   string
}

// Error says everything that is wrong with an environment, in the order in
// which Variables lists the names.
type Error struct{ Faults []Fault }

// Error returns one line with each fault.
func (e *Error) Error() string {
	details := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		details[i] = f.Detail
	}
	return "the environment cannot be used: " + strings.Join(details, "; ")
}

// faultList gathers faults, at most one a variable.
type faultList struct {
	values map[string]string
	fields []field
	found  []Fault
}

func (l *faultList) add(variable, detail string) {
	for _, f := range l.found {
		if f.Variable == variable {
			return
		}
	}
	l.found = append(l.found, Fault{variable, variable + " " + detail})
}

// inOrder returns the faults in the order of the fields.
func (l *faultList) inOrder() []Fault {
	place := func(f Fault) int {
		return slices.IndexFunc(l.fields, func(g field) bool { return g.Name == f.Variable })
	}
	slices.SortStableFunc(l.found, func(a, b Fault) int { return cmp.Compare(place(a), place(b)) })
	return l.found
}

// refuse says what the variable wants and what it was given.
func (l *faultList) refuse(variable string) {
	for _, f := range l.fields {
		if f.Name != variable {
			continue
		}
		value, given := l.values[variable]
		switch {
		case !given && f.Default != "":
			l.add(variable, fmt.Sprintf("must be %s, and its default is %q", f.want, f.Default))
		case !given:
			l.add(variable, fmt.Sprintf("must be %s, but is not set", f.want))
		case f.Secret:
			l.add(variable, fmt.Sprintf("must be %s; the value given is not shown", f.want))
		default:
			l.add(variable, fmt.Sprintf("must be %s, got %q", f.want, shorten(value)))
		}
	}
}

// require refuses the variable unless good is true.
func (l *faultList) require(good bool, variable string) {
	if !good {
		l.refuse(variable)
	}
}

// parse turns the library's errors, which name Go fields and repeat values, into
// sentences of ours.
func (l *faultList) parse(err error) {
	if err == nil {
		return
	}
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		all.Errors = []error{err}
	}
	for _, one := range all.Errors {
		if missing, ok := errors.AsType[env.VarIsNotSetError](one); ok {
			l.refuse(missing.Key)
			continue
		}
		parse, ok := errors.AsType[env.ParseError](one)
		if !ok {
			panic(fmt.Sprintf("config: the tags of the settings are wrong: %v", one))
		}
		for _, f := range l.fields {
			if f.goName == parse.Name {
				l.refuse(f.Name)
			}
		}
	}
}

func shorten(value string) string {
	const limit = 128
	if runes := []rune(value); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return value
}
