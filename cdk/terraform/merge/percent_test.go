package merge

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

func TestVariable_is_whole_percent_of_another(t *testing.T) {
	v := catalog.Variable{Name: "alarms_percent", Kind: catalog.Number, PercentOf: "connections"}
	for _, c := range []struct{ part, whole, want, fault string }{
		{"62.4", "78", "80", ""},
		{"4.5", "5", "90", ""},
		{"62", "78", "", "wants whole percent of connections, stage dev has 79.49 %"},
		{"62", "0", "", "wants a number that is a part of connections"},
	} {
		m := &merger{out: &Platform{Values: map[string]map[string]template.Value{}}}
		m.set("connections", "dev", json.Number(c.whole))
		got := m.variable(v, location{construct: "Alarm", property: "Threshold"}, []variant{{stage: "dev", value: json.Number(c.part)}})
		if want := "var.connections * var.alarms_percent / 100"; hcl.Source(got) != want {
			t.Errorf("the threshold is %s, want %s", hcl.Source(got), want)
		}
		m.share()
		if c.fault != "" {
			if len(m.errs) != 1 || !strings.Contains(m.errs[0].Error(), c.fault) {
				t.Errorf("%s of %s: got %v, want it to say %q", c.part, c.whole, m.errs, c.fault)
			}
			continue
		}
		if value := m.out.Values["alarms_percent"]["dev"]; len(m.errs) > 0 || value != json.Number(c.want) {
			t.Errorf("%s of %s is %v %%, %v, want %s", c.part, c.whole, value, m.errs, c.want)
		}
	}
}
