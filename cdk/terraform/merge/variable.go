package merge

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// variable notes the value of a variable in each stage.
func (m *merger) variable(v catalog.Variable, at location, variants []variant) template.Value {
	if v.PercentOf != "" {
		for _, one := range variants {
			m.percents = append(m.percents, percent{at, v, one})
		}
		return hcl.Op(hcl.Op(hcl.Variable(v.PercentOf), "*", hcl.Variable(v.Name)), "/", hcl.Number(100))
	}
	for _, one := range variants {
		value, wanted := m.plain(v, one)
		if wanted != "" {
			m.fail("%s: the variable %s %s, stage %s has %s", at, v.Name, wanted, one.stage, hcl.Source(one.value))
			return nil
		}
		m.set(v.Name, one.stage, value)
	}
	switch {
	case v.Within != (catalog.Within{}):
		return template.Join(v.Within.Before, hcl.Variable(v.Name), v.Within.After)
	case v.Hundredths:
		return hcl.Op(hcl.Variable(v.Name), "/", hcl.Number(100))
	case v.Scale != 0:
		return hcl.Op(hcl.Variable(v.Name), "*", hcl.Number(int(v.Scale)))
	default:
		return hcl.Variable(v.Name)
	}
}

// plain is the value of a variable in a stage, from that of a property for which it
// stands; or else says what the variable wants.
func (m *merger) plain(v catalog.Variable, one variant) (value template.Value, wanted string) {
	value = one.value
	if _, is := value.(template.Text); is { // a text that has the stage's name in it by chance, or an ARN
		if literal, err := m.literal(one); err == nil {
			value = literal
		}
	}
	if literal, is := value.(string); is && v.Within != (catalog.Within{}) {
		inner, fits := strings.CutPrefix(literal, v.Within.Before)
		inner, ends := strings.CutSuffix(inner, v.Within.After)
		if !fits || !ends {
			return nil, fmt.Sprintf("wants %q", v.Within.Before+"{}"+v.Within.After)
		}
		value = inner
	}
	switch value.(type) {
	case nil:
		return nil, ""
	case bool, string, json.Number:
	default:
		return nil, "stands for a plain value"
	}
	if v.Kind == catalog.Number {
		value = json.Number(fmt.Sprint(value))
	}
	if v.Hundredths {
		share, is := new(big.Rat).SetString(fmt.Sprint(value))
		if is {
			share.Mul(share, big.NewRat(100, 1))
		}
		if !is || !share.IsInt() {
			return nil, "stands for whole hundredths"
		}
		return json.Number(share.Num().String()), ""
	}
	if v.Scale == 0 {
		return value, ""
	}
	number, is := new(big.Int).SetString(fmt.Sprint(value), 10)
	quotient, rest := new(big.Int), big.NewInt(1)
	if is {
		quotient.QuoRem(number, big.NewInt(v.Scale), rest)
	}
	if rest.Sign() != 0 {
		return nil, fmt.Sprintf("wants a multiple of %d", v.Scale)
	}
	return json.Number(quotient.String()), ""
}

// properties notes the variables that say whether resources have a property.
func (m *merger) properties(members []member) {
	for _, v := range m.catalog.Variables {
		for _, p := range v.Has {
			for _, member := range members {
				if p.Construct.Matches(member.Key) {
					m.set(v.Name, member.stage, member.Properties[string(p.Property)] != nil)
				}
			}
		}
	}
}

// set notes the value of a variable in a stage. A variable has one.
func (m *merger) set(name, stage string, value template.Value) {
	values := m.out.Values[name]
	if values == nil {
		values = map[string]template.Value{}
		m.out.Values[name] = values
	}
	if before, is := values[stage]; is && !template.Equal(before, value) {
		m.fail("the variable %s stands for properties that differ in stage %s: %s and %s", name, stage, hcl.Source(before), hcl.Source(value))
		return
	}
	values[stage] = value
}

// listed notes what each stage lists for the members of a family: all of them, or
// none.
func (m *merger) listed(l catalog.Listed, at location, variants []variant) template.Value {
	lists, defaults := map[string]hcl.Row{}, map[string]int{}
	for _, stage := range m.out.Stages {
		lists[stage] = hcl.Row{}
	}
	for _, one := range variants {
		if template.Equal(one.value, template.Element{Of: l.Default, Key: hcl.Number(one.place)}) {
			defaults[one.stage]++
			continue
		}
		literal, err := m.literal(one)
		if err != nil {
			m.fail("%s: stage %s: %v", at, one.stage, err)
		}
		lists[one.stage] = append(lists[one.stage], literal)
	}
	for _, stage := range m.out.Stages {
		if len(lists[stage]) > 0 && defaults[stage] > 0 {
			m.fail("%s: stage %s lists some of its members and not all", at, stage)
		}
		m.set(l.Variable, stage, lists[stage])
	}
	return template.Element{Of: hcl.Func("coalescelist", hcl.Variable(l.Variable), l.Default), Key: hcl.CountIndex{}}
}

// share computes the variables that are percent of others, now that these are known.
func (m *merger) share() {
	for _, p := range m.percents {
		whole, known := new(big.Rat).SetString(fmt.Sprint(m.out.Values[p.variable.PercentOf][p.one.stage]))
		part, is := new(big.Rat).SetString(fmt.Sprint(p.one.value))
		if !known || !is || whole.Sign() == 0 {
			m.fail("%s: the variable %s wants a number that is a part of %s, stage %s has %s",
				p.at, p.variable.Name, p.variable.PercentOf, p.one.stage, hcl.Source(p.one.value))
			continue
		}
		share := part.Mul(part, big.NewRat(100, 1)).Quo(part, whole)
		if !share.IsInt() {
			m.fail("%s: the variable %s wants whole percent of %s, stage %s has %s %%", p.at, p.variable.Name, p.variable.PercentOf, p.one.stage, share.FloatString(2))
			continue
		}
		m.set(p.variable.Name, p.one.stage, json.Number(share.Num().String()))
	}
}

// verify computes the derived values, now that all variables are known.
func (m *merger) verify() {
	for _, c := range m.checks {
		want, err := m.literal(c.variant)
		if err != nil {
			m.fail("%s: %v", c.at, err)
			continue
		}
		variables := map[string]hcl.Value{}
		for name, values := range m.out.Values {
			variables[name] = values[c.variant.stage]
		}
		got, err := hcl.Evaluate(c.want, variables, c.variant.place)
		if err != nil {
			m.fail("%s: %v", c.at, err)
		} else if got != want {
			m.fail("%s: %s gives %q for stage %s, which has %q", c.at, hcl.Source(c.want), got, c.variant.stage, want)
		}
	}
}

// literal returns the value as text, with the stage's name and prefix where they stand, and with
// its region and account where these are fixed.
func (m *merger) literal(v variant) (string, error) {
	parts, is := v.value.(template.Text)
	if !is {
		return fmt.Sprint(v.value), nil
	}
	var out strings.Builder
	for _, part := range parts {
		s, known := m.known(v.stage, part)
		if !known {
			return "", fmt.Errorf("a derived value cannot stand for %s", hcl.Source(v.value))
		}
		out.WriteString(s)
	}
	return out.String(), nil
}

func (m *merger) known(stage string, part template.Value) (string, bool) {
	var s string
	switch part {
	case hcl.Variable("environment"):
		s = stage
	case hcl.Variable("name_prefix"):
		return m.stages[stage].Prefix, true
	case template.Pseudo("AWS::Partition"):
		s = "aws"
	case template.Pseudo("AWS::Region"):
		s = m.stages[stage].Region
	case template.Pseudo("AWS::AccountId"):
		s = m.stages[stage].Account
	default:
		s, _ = part.(string)
	}
	return s, s != ""
}

// either is one value with the flag and another without it.
func either(flag hcl.Value, yes, no template.Value) template.Value {
	if template.Equal(yes, no) {
		return yes
	}
	if yes == true && no == false {
		return flag
	}
	if yes == nil {
		return template.Conditional{If: hcl.Not(flag), Then: no}
	}
	return template.Conditional{If: flag, Then: yes, Else: no}
}
