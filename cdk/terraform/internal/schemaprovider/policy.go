package schemaprovider

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// document is an IAM policy in the order and the form in which the real provider
// writes it: one value as a string, several as a list from the last to the first
// in the alphabet.
type document struct {
	Version   string      `json:"Version,omitempty"`
	ID        string      `json:"Id,omitempty"`
	Statement []statement `json:"Statement,omitempty"`
}

type statement struct {
	Sid          string                    `json:"Sid,omitempty"`
	Effect       string                    `json:"Effect,omitempty"`
	Action       any                       `json:"Action,omitempty"`
	NotAction    any                       `json:"NotAction,omitempty"`
	Resource     any                       `json:"Resource,omitempty"`
	NotResource  any                       `json:"NotResource,omitempty"`
	Principal    any                       `json:"Principal,omitempty"`
	NotPrincipal any                       `json:"NotPrincipal,omitempty"`
	Condition    map[string]map[string]any `json:"Condition,omitempty"`
}

// policyArguments are those of the data source aws_iam_policy_document.
type policyArguments struct {
	PolicyID                string               `json:"policy_id"`
	Version                 string               `json:"version"`
	Statement               []statementArguments `json:"statement"`
	SourceJSON              string               `json:"source_json"`
	SourcePolicyDocuments   []string             `json:"source_policy_documents"`
	OverrideJSON            string               `json:"override_json"`
	OverridePolicyDocuments []string             `json:"override_policy_documents"`
}

type statementArguments struct {
	Sid           string               `json:"sid"`
	Effect        string               `json:"effect"`
	Actions       []string             `json:"actions"`
	NotActions    []string             `json:"not_actions"`
	Resources     []string             `json:"resources"`
	NotResources  []string             `json:"not_resources"`
	Principals    []principalArguments `json:"principals"`
	NotPrincipals []principalArguments `json:"not_principals"`
	Condition     []conditionArguments `json:"condition"`
}

type principalArguments struct {
	Type        string   `json:"type"`
	Identifiers []string `json:"identifiers"`
}

type conditionArguments struct {
	Test     string   `json:"test"`
	Variable string   `json:"variable"`
	Values   []string `json:"values"`
}

// renderPolicy returns the policy as the attributes json and minified_json have
// it. Returns an error when two statements of the configuration, or two of the
// source documents, have the same Sid.
func renderPolicy(config tftypes.Value) (indented, minified string, err error) {
	value, err := plain(config)
	if err != nil {
		return "", "", err
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return "", "", fmt.Errorf("read the arguments: %w", err)
	}
	var arguments policyArguments
	if err := json.Unmarshal(encoded, &arguments); err != nil {
		return "", "", fmt.Errorf("read the arguments: %w", err)
	}
	merged, err := arguments.document()
	if err != nil {
		return "", "", err
	}
	short, err := json.Marshal(merged)
	if err != nil {
		return "", "", fmt.Errorf("write the policy: %w", err)
	}
	var long bytes.Buffer
	if err := json.Indent(&long, short, "", "  "); err != nil {
		return "", "", fmt.Errorf("write the policy: %w", err)
	}
	return long.String(), string(short), nil
}

func (a policyArguments) document() (document, error) {
	sources, err := parseDocuments("source", a.SourceJSON, a.SourcePolicyDocuments)
	if err != nil {
		return document{}, err
	}
	overrides, err := parseDocuments("override", a.OverrideJSON, a.OverridePolicyDocuments)
	if err != nil {
		return document{}, err
	}
	own := document{Version: a.Version, ID: a.PolicyID}
	if own.Version == "" {
		own.Version = "2012-10-17"
	}
	for _, s := range a.Statement {
		own.Statement = append(own.Statement, s.statement())
	}
	var sourced document
	for _, d := range sources {
		sourced.Statement = append(sourced.Statement, d.Statement...)
	}
	if err := errors.Join(sourced.checkSids("the source documents"), own.checkSids("the configuration")); err != nil {
		return document{}, err
	}
	var merged document
	for _, d := range append(append(sources, own), overrides...) {
		merged.merge(d)
	}
	return merged, nil
}

func parseDocuments(which, single string, several []string) ([]document, error) {
	var parsed []document
	for _, raw := range append([]string{single}, several...) {
		if raw == "" {
			continue
		}
		var d document
		if err := json.Unmarshal([]byte(raw), &d); err != nil {
			return nil, fmt.Errorf("read a %s document: %w", which, err)
		}
		parsed = append(parsed, d)
	}
	return parsed, nil
}

// merge adds the statements of the other document, or puts one in the place of
// that with the same Sid.
func (d *document) merge(other document) {
	if other.Version != "" {
		d.Version = other.Version
	}
	if other.ID != "" {
		d.ID = other.ID
	}
	for _, s := range other.Statement {
		at := slices.IndexFunc(d.Statement, func(old statement) bool { return s.Sid != "" && old.Sid == s.Sid })
		if at >= 0 {
			d.Statement[at] = s
		} else {
			d.Statement = append(d.Statement, s)
		}
	}
}

func (d document) checkSids(where string) error {
	seen := map[string]bool{}
	for _, s := range d.Statement {
		if s.Sid != "" && seen[s.Sid] {
			return fmt.Errorf("two statements of %s have the sid %q: it must be unique", where, s.Sid)
		}
		seen[s.Sid] = true
	}
	return nil
}

func (a statementArguments) statement() statement {
	s := statement{
		Sid:          a.Sid,
		Effect:       a.Effect,
		Action:       oneOrList(descending(a.Actions)),
		NotAction:    oneOrList(descending(a.NotActions)),
		Resource:     oneOrList(descending(variables(a.Resources))),
		NotResource:  oneOrList(descending(variables(a.NotResources))),
		Principal:    principals(a.Principals),
		NotPrincipal: principals(a.NotPrincipals),
	}
	if s.Effect == "" {
		s.Effect = "Allow"
	}
	values := map[string]map[string][]string{}
	for _, c := range a.Condition {
		if values[c.Test] == nil {
			values[c.Test] = map[string][]string{}
		}
		values[c.Test][c.Variable] = append(values[c.Test][c.Variable], variables(c.Values)...)
	}
	for test, of := range values {
		if s.Condition == nil {
			s.Condition = map[string]map[string]any{}
		}
		s.Condition[test] = map[string]any{}
		for variable, list := range of {
			s.Condition[test][variable] = oneOrList(list)
		}
	}
	return s
}

func principals(given []principalArguments) any {
	identifiers := map[string][]string{}
	for _, p := range given {
		identifiers[p.Type] = append(identifiers[p.Type], descending(variables(p.Identifiers))...)
	}
	if anyone := identifiers["*"]; len(identifiers) == 1 && slices.Equal(anyone, []string{"*"}) {
		return "*"
	}
	if len(identifiers) == 0 {
		return nil
	}
	out := make(map[string]any, len(identifiers))
	for kind, list := range identifiers {
		out[kind] = oneOrList(list)
	}
	return out
}

// variables replaces &{, which stands in a configuration for the ${ of IAM's own
// policy variables.
func variables(given []string) []string {
	out := make([]string, len(given))
	for i, value := range given {
		out[i] = strings.ReplaceAll(value, "&{", "${")
	}
	return out
}

func descending(values []string) []string {
	sorted := slices.Sorted(slices.Values(values))
	slices.Reverse(sorted)
	return sorted
}

func oneOrList(values []string) any {
	switch len(values) {
	case 0:
		return nil
	case 1:
		return values[0]
	default:
		return values
	}
}
