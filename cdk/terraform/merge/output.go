package merge

import (
	"slices"

	"github.com/fluxa/fluxa/cdk/terraform/assembly"
)

// outputs merges the outputs of the stacks. One that the catalog ties to a flag is
// there in the stages that have the flag.
func (m *merger) outputs(stages []*assembly.Stage) {
	index := map[string]int{}
	var variants [][]variant
	for _, s := range stages {
		for _, found := range s.Outputs {
			o := Output{Output: found}
			i, known := index[o.From()]
			if !known {
				i = len(m.out.Outputs)
				index[o.From()], m.out.Outputs, variants = i, append(m.out.Outputs, o), append(variants, nil)
			}
			if first := m.out.Outputs[i]; first.Description != o.Description {
				m.fail("the output %s is %q in stage %s and %q in stage %s", o.From(), first.Description, variants[i][0].stage, o.Description, s.Name)
			}
			m.out.Outputs[i].Stages = append(m.out.Outputs[i].Stages, s.Name)
			variants[i] = append(variants[i], variant{stage: s.Name, value: o.Value})
		}
	}
	for i := range m.out.Outputs {
		o := &m.out.Outputs[i]
		flag := ""
		for _, entry := range m.catalog.Outputs {
			if entry.From == o.From() {
				flag = entry.Flag
			}
		}
		want := slices.DeleteFunc(slices.Clone(m.out.Stages), func(stage string) bool { return flag != "" && !m.has(stage, flag) })
		if !slices.Equal(o.Stages, want) {
			m.fail("the output %s is there in the stages %v, and the table wants it in %v", o.From(), o.Stages, want)
		}
		o.Value = m.value(location{construct: "output " + o.From()}, variants[i])
	}
}
