package schemaprovider

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

//go:embed rules.json
var rulesFile []byte

// rules are what a schema cannot say and the real provider checks all the same.
// An attribute is named by its path from the type on, without indices.
type rules struct {
	// Names are the arguments that may say what a resource is called, the
	// preferred one first.
	Names []string `json:"names"`
	// JSON lists the attributes that hold a JSON document.
	JSON []string `json:"json"`
	// OneOf has the values that an attribute may take.
	OneOf map[string][]string `json:"one_of"`
}

func loadRules(raw []byte) (rules, error) {
	var r rules
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return rules{}, fmt.Errorf("read rules.json: %w", err)
	}
	return r, nil
}

func (r rules) isJSON(attribute string) bool { return slices.Contains(r.JSON, attribute) }

// check returns an error for each value of the configuration that breaks a rule.
func (r rules) check(k kind, config tftypes.Value) ([]*tfprotov6.Diagnostic, error) {
	value, err := plain(config)
	if err != nil {
		return nil, err
	}
	var found []*tfprotov6.Diagnostic
	report := func(at *tftypes.AttributePath, summary, detail string) {
		found = append(found, &tfprotov6.Diagnostic{
			Severity: tfprotov6.DiagnosticSeverityError, Summary: summary, Detail: detail, Attribute: at,
		})
	}
	for _, attribute := range r.JSON {
		each(k, attribute, value, func(at *tftypes.AttributePath, text string) {
			if text != "" && !json.Valid([]byte(text)) {
				report(at, "Invalid JSON", fmt.Sprintf("%s must hold a JSON document, got %q", attribute, text))
			}
		})
	}
	for attribute, choices := range r.OneOf {
		each(k, attribute, value, func(at *tftypes.AttributePath, text string) {
			if !slices.Contains(choices, text) {
				report(at, "Invalid value", fmt.Sprintf("%s must be one of %q, got %q", attribute, choices, text))
			}
		})
	}
	return found, nil
}

// each calls f for every value that the configuration has for the attribute.
func each(k kind, attribute string, config any, f func(at *tftypes.AttributePath, text string)) {
	path, ok := strings.CutPrefix(attribute, k.name+".")
	if !ok {
		return
	}
	walk(config, strings.Split(path, "."), tftypes.NewAttributePath(), f)
}

// walk follows the steps, and every item of a collection on the way.
func walk(value any, steps []string, at *tftypes.AttributePath, f func(at *tftypes.AttributePath, text string)) {
	switch v := value.(type) {
	case map[string]any:
		if len(steps) > 0 {
			walk(v[steps[0]], steps[1:], at.WithAttributeName(steps[0]), f)
		}
	case []any:
		for i, item := range v {
			walk(item, steps, at.WithElementKeyInt(i), f)
		}
	case json.Number:
		f(at, v.String())
	case bool:
		f(at, strconv.FormatBool(v))
	case string:
		f(at, v)
	}
}
