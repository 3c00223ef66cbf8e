package assembly

import (
	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// gather recognizes the members of families: the references of a member to its
// fellow, and lists of all members, in order.
func gather(c catalog.Catalog, s *Stage) {
	size := map[string]int{}
	for _, one := range s.Resources {
		if family, place := c.Member(one.Key); family != "" {
			one.Key, one.Place = family, place
			size[family]++
		}
	}
	// change is for the values of the member at a place, -1 for another resource.
	change := func(own int) func(template.Value) template.Value {
		return func(v template.Value) template.Value {
			if list, is := v.(template.List); is {
				if every, is := wholeFamily(list, size); is {
					return every
				}
				if rest, every, is := endingInFamily(list, size); is {
					return hcl.Func("concat", rest, every)
				}
			}
			reference, is := v.(template.Reference)
			if !is {
				return v
			}
			family, place := c.Member(reference.Resource)
			switch {
			case family == "":
				return v
			case place == own:
				return Member{template.Reference{Resource: family, Attribute: reference.Attribute}, hcl.CountIndex{}}
			default:
				return Member{template.Reference{Resource: family, Attribute: reference.Attribute}, hcl.Number(place)}
			}
		}
	}
	for _, one := range s.Resources {
		own := -1
		if size[one.Key] > 0 {
			own = one.Place
		}
		one.Properties, _ = template.Rewrite(one.Properties, change(own)).(template.Object)
		for i, key := range one.DependsOn {
			if family, _ := c.Member(key); family != "" {
				one.DependsOn[i] = family
			}
		}
	}
	for i := range s.Outputs {
		s.Outputs[i].Value = template.Rewrite(s.Outputs[i].Value, change(-1))
	}
}

// wholeFamily reports whether a list has the same attribute of every member of a
// family, in their order.
func wholeFamily(list template.List, size map[string]int) (Member, bool) {
	if len(list) == 0 {
		return Member{}, false
	}
	first, is := list[0].(Member)
	if !is || size[first.Resource] != len(list) {
		return Member{}, false
	}
	for i, item := range list {
		if item != (Member{first.Reference, hcl.Number(i)}) {
			return Member{}, false
		}
	}
	return Member{first.Reference, hcl.Every{}}, true
}

// endingInFamily reports whether a list ends in every member of a family, and returns
// what is before them.
func endingInFamily(list template.List, size map[string]int) (rest template.List, every Member, is bool) {
	if len(list) == 0 {
		return nil, Member{}, false
	}
	last, _ := list[len(list)-1].(Member)
	at := len(list) - size[last.Resource]
	if at == len(list) || at < 1 {
		return nil, Member{}, false
	}
	every, is = wholeFamily(list[at:], size)
	return list[:at], every, is
}
