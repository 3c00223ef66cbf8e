package licences

import (
	"fmt"
	"slices"
	"strings"
)

// Page writes the list as a page of the documents.
func Page(modules, embedded []Part) string {
	var out strings.Builder
	out.WriteString(`# Licences of what is shipped

What the functions, ` + "`fluxa` and `fluxa-postgres`" + ` are made of: the Go modules that they link on Linux, and the files that they embed. ` + "`make licences`" + ` writes this page and ` + "[THIRD_PARTY](../THIRD_PARTY)" + `, which has the texts and the notices and is in the image; ` + "`make lint`" + ` fails when they are out of date, and on a licence that [the policy](../proof/licences/policy.json) does not allow. A licence is recognized by its text.

Not in the list: Node packages and Python tools, which build and check and are not shipped; the packages of the image's base, whose licences are in its ` + "`/usr/share/doc`" + `; the PostgreSQL that ` + "`fluxa up`" + ` downloads where a machine has none. The file of Scalar is built from packages whose licences its own text does not list in full.

| module | version | licence |
|---|---|---|
`)
	rows(&out, modules)
	out.WriteString("\n| embedded file of | version | licence |\n|---|---|---|\n")
	rows(&out, embedded)
	return out.String()
}

func rows(out *strings.Builder, parts []Part) {
	for _, p := range parts {
		fmt.Fprintf(out, "| %s | %s | %s |\n", p.Name, p.Version, strings.Join(p.SPDX, ", "))
	}
}

// Texts writes all licences and notices, equal ones once.
func Texts(parts []Part) string {
	var order []string
	of := map[string][]string{}
	for _, p := range parts {
		for _, text := range p.Texts {
			if of[text] == nil {
				order = append(order, text)
			}
			if name := p.Name + " " + p.Version; !slices.Contains(of[text], name) {
				of[text] = append(of[text], name)
			}
		}
	}
	line := strings.Repeat("=", 80)
	var out strings.Builder
	out.WriteString("Fluxa has parts of others, under these licences.\n")
	for _, text := range order {
		fmt.Fprintf(&out, "\n%s\n%s\n%s\n\n%s\n", line, strings.Join(of[text], "\n"), line, text)
	}
	return out.String()
}
