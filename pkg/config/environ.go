package config

import (
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
)

// Environ returns the environment that Load reads the settings from: the
// infrastructure fills the struct that the function will read, and cannot misname
// a variable. Nothing is checked and text is passed on as it is, since it may be a
// token of the CDK that becomes a value during the deploy. A field of zero value
// is left out, so that it means what Load makes of an absent variable: its
// default. Never left out are LogLevel, whose zero value is a level, info, and a number
// that is required, which may be 0. Secrets are revealed.
func Environ[T Settings](settings T) map[string]string {
	of := reflect.ValueOf(settings)
	environ := map[string]string{}
	for _, f := range fieldsOf(of.Type()) {
		value := of.FieldByIndex(f.index)
		_, level := value.Interface().(slog.Level)
		if level || f.Required && value.Kind() == reflect.Int || !value.IsZero() {
			environ[f.Name] = text(value)
		}
	}
	return environ
}

func text(value reflect.Value) string {
	if level, ok := value.Interface().(slog.Level); ok {
		return strings.ToLower(level.String())
	}
	if clients, ok := value.Interface().(Clients); ok {
		return clients.String()
	}
	switch value.Kind() {
	case reflect.String:
		return value.String()
	case reflect.Int:
		return strconv.FormatInt(value.Int(), 10)
	}
	panic(fmt.Sprintf("config: no text is known for a %s", value.Type()))
}
