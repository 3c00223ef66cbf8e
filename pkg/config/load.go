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
	faults := newFaultList(&settings, values)
	faults.parse(env.ParseWithOptions(&settings, env.Options{Environment: values}))
	any(&settings).(checker).check(faults)
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

// faultList gathers faults, at most one a variable. Settings are named by the
// addresses of their fields.
type faultList struct {
	values map[string]string
	fields []field
	places map[any]field // by pointer to a field of the settings that are checked
	found  []Fault
}

func newFaultList[T Settings](settings *T, values map[string]string) *faultList {
	l := &faultList{values: values, fields: fieldsOf(reflect.TypeFor[T]()), places: map[any]field{}}
	for _, f := range l.fields {
		l.places[reflect.ValueOf(settings).Elem().FieldByIndex(f.index).Addr().Interface()] = f
	}
	return l
}

// field returns the field at an address. An address that is none of a setting is a
// defect of a check, which any test of Load meets.
func (l *faultList) field(setting any) field {
	f, ok := l.places[setting]
	if !ok {
		panic(fmt.Sprintf("config: a check names a %T that is no field of the settings", setting))
	}
	return f
}

// name returns the variable of a setting.
func (l *faultList) name(setting any) string { return l.field(setting).Name }

func (l *faultList) add(setting any, detail string) { l.note(l.field(setting), detail) }

func (l *faultList) note(f field, detail string) {
	if slices.ContainsFunc(l.found, func(known Fault) bool { return known.Variable == f.Name }) {
		return
	}
	l.found = append(l.found, Fault{f.Name, f.Name + " " + detail})
}

// inOrder returns the faults in the order of the fields.
func (l *faultList) inOrder() []Fault {
	place := func(f Fault) int {
		return slices.IndexFunc(l.fields, func(g field) bool { return g.Name == f.Variable })
	}
	slices.SortStableFunc(l.found, func(a, b Fault) int { return cmp.Compare(place(a), place(b)) })
	return l.found
}

// refuse says what a setting must be and what was given.
func (l *faultList) refuse(setting any) { l.refuseField(l.field(setting)) }

func (l *faultList) refuseField(f field) {
	value, given := l.values[f.Name]
	switch {
	case !given && f.Default != "":
		l.note(f, fmt.Sprintf("must be %s, and its default is %q", f.want, f.Default))
	case !given:
		l.note(f, fmt.Sprintf("must be %s, but is not set", f.want))
	case f.Secret:
		l.note(f, fmt.Sprintf("must be %s; the value given is not shown", f.want))
	default:
		l.note(f, fmt.Sprintf("must be %s, got %q", f.want, shorten(value)))
	}
}

// require refuses the setting unless good is true.
func (l *faultList) require(good bool, setting any) {
	f := l.field(setting)
	if !good {
		l.refuseField(f)
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
		missing, isMissing := errors.AsType[env.VarIsNotSetError](one)
		parse, isParse := errors.AsType[env.ParseError](one)
		i := slices.IndexFunc(l.fields, func(f field) bool {
			return (isMissing && f.Name == missing.Key) || (isParse && f.goName == parse.Name)
		})
		if i < 0 {
			panic(fmt.Sprintf("config: the tags of the settings are wrong: %v", one))
		}
		l.refuseField(l.fields[i])
	}
}

func shorten(value string) string {
	const limit = 128
	if runes := []rune(value); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return value
}
