package terraform

// choice merges the stages that have the flag, and those that do not have it.
func (m *merger) choice(c choice, path string, variants []variant) Value {
	var with, without []variant
	for _, one := range variants {
		if m.out.values[c.flag][one.stage] == true {
			with = append(with, one)
		} else {
			without = append(without, one)
		}
	}
	if len(with) == 0 || len(without) == 0 {
		return m.plain(path, variants)
	}
	return either(Variable(c.flag), m.plain(path, with), m.plain(path, without))
}

func either(flag Variable, yes, no Value) Value {
	if same(yes, no) {
		return yes
	}
	if yes == true && no == false {
		return flag
	}
	more, long := yes.(List)
	fewer, short := no.(List)
	if long && short {
		if list, is := optional(flag, more, fewer); is {
			return list
		}
	}
	return Conditional{flag, yes, no}
}

// optional is a list of which some elements are there with the flag only. Returns
// false when the flag does more than to add elements.
func optional(flag Variable, more, fewer List) (Value, bool) {
	var runs []Value
	for _, item := range more {
		if len(fewer) == 0 || !same(item, fewer[0]) {
			runs = append(runs, Conditional{flag, List{item}, List{}})
			continue
		}
		fewer = fewer[1:]
		if last := len(runs) - 1; last >= 0 {
			if always, is := runs[last].(List); is {
				runs[last] = append(always, item)
				continue
			}
		}
		runs = append(runs, List{item})
	}
	return Call{"concat", runs}, len(fewer) == 0
}
