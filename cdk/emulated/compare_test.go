package emulated_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// differences reports where what AWS says is not what the template wants. It looks
// past how the two write the same: the case of names, numbers and truths as text,
// documents as text, tags as a map or as a list, the order of lists. An object may
// have members that the template says nothing of; a list may not have more
// elements.
func differences(path string, want, got any) []string {
	switch want := want.(type) {
	case object:
		return objectDifferences(path, want, got)
	case []any:
		return listDifferences(path, want, got)
	}
	if plain(want) != plain(got) {
		return []string{fmt.Sprintf("%s: want %s, got %s", path, plain(want), plain(got))}
	}
	return nil
}

func objectDifferences(path string, want object, got any) []string {
	members, is := document(got).(object)
	if !is {
		return []string{fmt.Sprintf("%s: want %v, got %v", path, want, got)}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		value, found := member(members, name)
		if !found || value == nil {
			if list, is := want[name].([]any); is && len(list) == 0 {
				continue
			}
			if members, is := want[name].(object); is && len(members) == 0 {
				continue
			}
			out = append(out, fmt.Sprintf("%s.%s: want %v, got nothing", path, name, want[name]))
			continue
		}
		out = append(out, differences(path+"."+name, want[name], value)...)
	}
	return out
}

func listDifferences(path string, want []any, got any) []string {
	elements, is := document(got).([]any)
	if tags, isMap := got.(object); isMap {
		elements, is = tagList(tags), true
	}
	left := slices.DeleteFunc(slices.Clone(elements), isAmazons)
	if !is || len(left) != len(want) {
		return []string{fmt.Sprintf("%s: want %v, got %v", path, want, left)}
	}
	var out []string
	for i, each := range want {
		at := slices.IndexFunc(left, func(candidate any) bool { return len(differences("", each, candidate)) == 0 })
		if at < 0 {
			out = append(out, fmt.Sprintf("%s[%d]: want %v, got none such in %v", path, i, each, left))
			continue
		}
		left = slices.Delete(left, at, at+1)
	}
	return out
}

// document is what a text that is JSON says, and any other value itself.
func document(value any) any {
	if text, is := value.(string); is {
		var out any
		if json.Unmarshal([]byte(text), &out) == nil {
			return out
		}
	}
	return value
}

func member(members object, name string) (any, bool) {
	if value, found := members[name]; found {
		return value, true
	}
	for each, value := range members {
		if strings.EqualFold(each, name) {
			return value, true
		}
	}
	return nil, false
}

// isAmazons reports whether an element is a tag that CloudFormation itself adds.
func isAmazons(element any) bool {
	tag, _ := element.(object)
	key, _ := tag["Key"].(string)
	return strings.HasPrefix(key, "aws:")
}

func tagList(tags object) []any {
	var out []any
	for key, value := range tags {
		out = append(out, object{"Key": key, "Value": value})
	}
	return out
}

func plain(value any) string {
	if number, is := value.(float64); is {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

func TestDifferencesLookPastTheWritingOnly(t *testing.T) {
	t.Parallel()
	policy := object{"Statement": []any{object{"Effect": "Deny"}}}
	for name, test := range map[string]struct {
		want, got any
		out       []string
	}{
		"a number as text":           {5432.0, "5432", nil},
		"a large number":             {1048576.0, "1048576", nil},
		"a truth as text":            {true, "true", nil},
		"another value":              {10.0, "3", []string{"p: want 10, got 3"}},
		"the case of a name":         {object{"maxReceiveCount": 10.0}, object{"MaxReceiveCount": 10.0}, nil},
		"a member more":              {object{"a": 1.0}, object{"a": 1.0, "b": 2.0}, nil},
		"a member less":              {object{"a": 1.0}, object{}, []string{"p.a: want 1, got nothing"}},
		"nothing where none is said": {object{"a": []any{}, "b": object{}}, object{}, nil},
		"an order":                   {[]any{"a", "b"}, []any{"b", "a"}, nil},
		"an element more":            {[]any{"a"}, []any{"a", "b"}, []string{"p: want [a], got [a b]"}},
		"an element twice":           {[]any{"a", "a"}, []any{"a", "b"}, []string{"p[1]: want a, got none such in [b]"}},
		"tags as a map":              {[]any{object{"Key": "k", "Value": "v"}}, object{"k": "v"}, nil},
		"a tag of CloudFormation":    {[]any{}, []any{object{"Key": "aws:cloudformation:stack-name", "Value": "v"}}, nil},
		"another tag":                {[]any{object{"Key": "k", "Value": "v"}}, object{"k": "w"}, []string{"p[0]: want map[Key:k Value:v], got none such in [map[Key:k Value:w]]"}},
		"a document as text":         {policy, `{"Statement":[{"Effect":"Deny"}]}`, nil},
		"another document":           {policy, `{"Statement":[]}`, []string{"p.Statement: want [map[Effect:Deny]], got []"}},
		"nothing for a value":        {"a", nil, []string{"p: want a, got <nil>"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.out, differences("p", test.want, test.got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
