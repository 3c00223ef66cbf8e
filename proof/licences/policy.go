package licences

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// Policy says what may be shipped.
type Policy struct {
	// Allowed has the SPDX name of each licence, and why it may be shipped.
	Allowed map[string]string `json:"allowed"`
	// Reviewed has parts whose text says more than the library can tell, or whose licence is
	// allowed for them alone.
	Reviewed map[string]Review `json:"reviewed"`
	// Embedded has the files that the programs carry beside Go modules.
	Embedded []Embedded `json:"embedded"`
}

// Review is what a person found of a part, and why it may be shipped. It holds for the
// licences that the library finds in the text: when those change, somebody has to look again.
type Review struct {
	Finds  []string `json:"finds"`
	SPDX   []string `json:"spdx"`
	Reason string   `json:"reason"`
}

// Embedded is a file of somebody else that a program carries. Pinned is where its version
// is, as a file and an expression with one group.
type Embedded struct {
	Name    string `json:"name"`
	Files   string `json:"files"`
	Licence string `json:"licence"`
	Pinned  struct {
		File       string `json:"file"`
		Expression string `json:"expression"`
	} `json:"pinned"`
}

// ReadPolicy reads a policy.
func ReadPolicy(file string) (p Policy, err error) {
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return p, fmt.Errorf("read the policy of licences: %w", err)
	}
	return p, nil
}

// Parts returns what is embedded, with its version and licence.
func (p Policy) Parts(root string) ([]Part, error) {
	var parts []Part
	for _, e := range p.Embedded {
		pinned, err := os.ReadFile(filepath.Join(root, e.Pinned.File))
		if err != nil {
			return nil, fmt.Errorf("read the version of %s: %w", e.Name, err)
		}
		expression, err := regexp.Compile(e.Pinned.Expression)
		if err != nil {
			return nil, fmt.Errorf("the expression for the version of %s: %w", e.Name, err)
		}
		version := expression.FindSubmatch(pinned)
		if len(version) != 2 {
			return nil, fmt.Errorf("%s does not have the version of %s, by %s", e.Pinned.File, e.Name, e.Pinned.Expression)
		}
		text, err := os.ReadFile(filepath.Join(root, e.Licence))
		if err != nil {
			return nil, fmt.Errorf("read the licence of %s: %w", e.Name, err)
		}
		part := Part{Name: e.Name, Version: "v" + string(version[1])}
		part.add(text, true)
		parts = append(parts, part)
	}
	return parts, nil
}

// Check returns the parts with the licences that a person found, and an error that names
// each one that may not be shipped, or whose review is out of date.
func (p Policy) Check(parts []Part) ([]Part, error) {
	var refused []error
	used := map[string]bool{}
	parts = slices.Clone(parts)
	for i, part := range parts {
		if review, reviewed := p.Reviewed[part.Name]; reviewed {
			used[part.Name] = true
			if !slices.Equal(review.Finds, part.SPDX) {
				refused = append(refused, fmt.Errorf("%s %s: its text has %q, and was reviewed when it had %q: look again", part.Name, part.Version, part.SPDX, review.Finds))
			}
			parts[i].SPDX = review.SPDX
			continue
		}
		if len(part.SPDX) == 0 {
			refused = append(refused, fmt.Errorf("%s %s has no licence", part.Name, part.Version))
		}
		for _, name := range part.SPDX {
			if p.Allowed[name] == "" {
				refused = append(refused, fmt.Errorf("%s %s is under %q, which the policy does not allow", part.Name, part.Version, name))
			}
		}
	}
	for name := range p.Reviewed {
		if !used[name] {
			refused = append(refused, fmt.Errorf("the policy reviews %s, which is not shipped", name))
		}
	}
	for name := range p.Allowed {
		if !slices.ContainsFunc(parts, func(part Part) bool { return slices.Contains(part.SPDX, name) }) {
			refused = append(refused, fmt.Errorf("the policy allows %s, which nothing has", name))
		}
	}
	return parts, errors.Join(refused...)
}
