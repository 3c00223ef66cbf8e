package licences

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func mit(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../../cli/webconsole/assets/LICENSE-uPlot")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPart_has_the_licences_of_its_texts(t *testing.T) {
	t.Parallel()
	own := string(mit(t))
	gpl := "This program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public License as published by " +
		"the Free Software Foundation, either version 3 of the License, or (at your option) any later version.\n"
	cases := []struct {
		name  string
		files map[string]string
		spdx  []string
		texts int
	}{
		{"a known text", map[string]string{"LICENSE": own}, []string{"MIT"}, 1},
		{"in whatever spelling", map[string]string{"licence.md": own}, []string{"MIT"}, 1},
		{"a notice goes along", map[string]string{"LICENSE": own, "NOTICE": "by us"}, []string{"MIT"}, 2},
		{"two of them", map[string]string{"LICENSE": own, "COPYING.other": gpl}, []string{"GPL-3.0-or-later", "MIT"}, 2},
		{"an unknown text", map[string]string{"LICENSE": "all is ours"}, []string{unknown}, 1},
		{"a word of a known one among others", map[string]string{"LICENSE": strings.Repeat("you owe us a fee ", 200) + own}, []string{"MIT", unknown}, 1},
		{"none", map[string]string{"README.md": own, "license.go": own}, nil, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			for name, text := range c.files {
				if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p := Part{Name: "p"}
			if err := p.read(folder); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(p.SPDX, c.spdx) || len(p.Texts) != c.texts {
				t.Errorf("got %q of %d texts, want %q of %d", p.SPDX, len(p.Texts), c.spdx, c.texts)
			}
		})
	}
}

func TestPolicy_refuses_what_it_does_not_allow(t *testing.T) {
	t.Parallel()
	policy := Policy{Allowed: map[string]string{"MIT": "why"}, Reviewed: map[string]Review{"odd": {Finds: []string{unknown}, SPDX: []string{"MPL-2.0"}, Reason: "why"}}}
	mit, odd := Part{Name: "a", SPDX: []string{"MIT"}}, Part{Name: "odd", SPDX: []string{unknown}}
	cases := []struct {
		name  string
		parts []Part
		want  string
	}{
		{"what is allowed, and what was reviewed", []Part{mit, odd}, ""},
		{"a copyleft", []Part{mit, odd, {Name: "b", SPDX: []string{"GPL-3.0"}}}, `b  is under "GPL-3.0"`},
		{"the licence of a review, elsewhere", []Part{mit, odd, {Name: "b", SPDX: []string{"MPL-2.0"}}}, `b  is under "MPL-2.0"`},
		{"one of two", []Part{mit, odd, {Name: "b", SPDX: []string{"MIT", "SSPL-1.0"}}}, `b  is under "SSPL-1.0"`},
		{"an unknown text", []Part{mit, odd, {Name: "b", SPDX: []string{unknown}}}, `b  is under "unknown"`},
		{"no licence", []Part{mit, odd, {Name: "b"}}, "b  has no licence"},
		{"a review that is out of date", []Part{mit, {Name: "odd", SPDX: []string{"AGPL-3.0"}}}, "look again"},
		{"a review of what is not shipped", []Part{mit}, "reviews odd"},
		{"a licence that nothing has", []Part{odd}, "allows MIT"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			parts, err := policy.Check(c.parts)
			if c.want == "" {
				if err != nil || !slices.Equal(parts[1].SPDX, []string{"MPL-2.0"}) {
					t.Errorf("got %v, %v", parts, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestTexts_have_equal_ones_once(t *testing.T) {
	t.Parallel()
	got := Texts([]Part{{Name: "a", Version: "v1", Texts: []string{"same"}}, {Name: "b", Version: "v2", Texts: []string{"same", "other"}}})
	if strings.Count(got, "same") != 1 || !strings.Contains(got, "a v1\nb v2\n") || !strings.Contains(got, "other") {
		t.Errorf("got %s", got)
	}
}

func TestVersion_of_an_embedded_file_is_where_it_is_pinned(t *testing.T) {
	t.Parallel()
	policy, err := ReadPolicy("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	parts, err := policy.Parts("../..")
	if err != nil || len(parts) != 3 {
		t.Fatalf("got %v, %v", parts, err)
	}
	for _, p := range parts {
		if strings.Count(p.Version, ".") != 2 {
			t.Errorf("%s has version %q", p.Name, p.Version)
		}
	}
	policy.Embedded[0].Pinned.Expression = "no such line (.)"
	if _, err := policy.Parts("../.."); err == nil {
		t.Error("a version that is not pinned is none")
	}
	for name, reason := range policy.Allowed {
		if reason == "" {
			t.Errorf("%s is allowed without a reason", name)
		}
	}
	for name, review := range policy.Reviewed {
		if review.Reason == "" {
			t.Errorf("%s is reviewed without a reason", name)
		}
	}
}
