package assembly

import (
	"regexp"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// naming finds in texts what of them names a stage.
type naming struct{ pattern *regexp.Regexp }

// newNaming looks for the name of the stage with its prefix where it stands alone, at the
// end of an address, in quotes or between blanks; for the beginning of a longer name; and
// for the stage's name in that. Of what begins at one place the longest counts: a stage
// may be called fluxa-test, or as its prefix.
func newNaming(prefix, stage string) naming {
	prefix, stage = regexp.QuoteMeta(prefix), regexp.QuoteMeta(stage)
	pattern := regexp.MustCompile(`(^|["/ ])(` + prefix + stage + `)($|[" ])|\b` + prefix + `(fluxa[-/])|\b(` + stage + `)\b`)
	pattern.Longest()
	return naming{pattern}
}

// in puts variables in the place of what names the stage, in every string of v.
func (n naming) in(v template.Value) template.Value {
	return template.Rewrite(v, func(part template.Value) template.Value {
		literal, is := part.(string)
		if !is {
			return part
		}
		var out []template.Value
		rest := 0
		for _, at := range n.pattern.FindAllStringSubmatchIndex(literal, -1) {
			group := func(i int) string {
				if at[2*i] < 0 {
					return ""
				}
				return literal[at[2*i]:at[2*i+1]]
			}
			out = append(out, literal[rest:at[0]])
			switch {
			case group(2) != "":
				out = append(out, group(1), hcl.Variable("name_prefix"), hcl.Variable("environment"), group(3))
			case group(4) != "":
				out = append(out, hcl.Variable("name_prefix"), group(4))
			default:
				out = append(out, hcl.Variable("environment"))
			}
			rest = at[1]
		}
		return template.Join(append(out, literal[rest:])...)
	})
}
