package merge

import (
	"slices"
	"strings"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// tags takes out of each stage's resources the tags that all of them have beside
// Fluxa's own: they are the value of a variable.
func (m *merger) tags(stages []*assembly.Stage) {
	for _, s := range stages {
		var all []template.Object
		for _, r := range s.Resources {
			if tags, is := r.Properties[m.catalog.Types[catalog.TypeOf(r.Source)].TagsOf()].(template.Object); is {
				all = append(all, tags)
			}
		}
		own := template.Object{}
		if len(all) > 0 {
			for name, value := range all[0] {
				everywhere := !slices.ContainsFunc(all, func(tags template.Object) bool { return !template.Equal(tags[name], value) })
				if everywhere && name != contract.TagApplication && name != contract.TagStage {
					own[name] = m.tag(s.Name, value)
				}
			}
		}
		for _, tags := range all {
			for name := range own {
				delete(tags, name)
			}
		}
		m.set(catalog.Tags, s.Name, own)
	}
}

// tag is the value of a tag, which may have the stage's name in it by chance.
func (m *merger) tag(stage string, v template.Value) template.Value {
	if text, known := m.known(stage, v); known {
		return text
	}
	text, err := m.literal(variant{stage: stage, value: v})
	if err != nil {
		m.fail("a tag of stage %s: %v", stage, err)
	}
	return text
}

// clients notes those of each stage, of which the functions are told in one way.
func (m *merger) clients(stages []*assembly.Stage) {
	told := catalog.ToldClients(nil)
	if slices.ContainsFunc(stages, func(s *assembly.Stage) bool { return s.HasKeys }) {
		told = catalog.ToldClients(assembly.ClientKeyID)
	}
	for _, s := range stages {
		m.set(catalog.ClientsVariable, s.Name, s.Clients)
		m.set(catalog.ClientKeys, s.Name, s.HasKeys)
		for _, r := range s.Resources {
			if variables, _ := template.At(r.Properties, "Environment", "Variables").(template.Object); variables[config.EnvClients] != nil {
				variables[config.EnvClients] = told
			}
		}
	}
}

// foresee notes a variable on which a choice depends, and which is no flag, before
// any property is merged: it is null in a stage that lacks the property for which it
// stands.
func (m *merger) foresee(members []member) {
	for _, c := range m.catalog.Choices {
		v := m.catalog.Variable(c.Flag)
		if v.Kind == catalog.Bool {
			continue
		}
		for _, place := range v.Stands {
			for _, one := range members {
				if place.Construct.Matches(one.Key) {
					value, _ := m.plain(*v, variant{stage: one.stage, value: template.At(one.Properties, strings.Split(string(place.Property), ".")...)})
					m.set(v.Name, one.stage, value)
				}
			}
		}
	}
}
