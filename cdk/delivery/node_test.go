package delivery_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Node warns at every start of the CDK's app once its version is at its end.
func TestNode_is_as_new_as_the_package_asks_wherever_it_is_named(t *testing.T) {
	read := func(name string) string {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	var asked struct {
		Engines struct {
			Node string `json:"node"`
		} `json:"engines"`
	}
	if err := json.Unmarshal([]byte(read("package.json")), &asked); err != nil {
		t.Fatal(err)
	}
	least, err := strconv.Atoi(strings.TrimPrefix(asked.Engines.Node, ">="))
	if err != nil {
		t.Fatalf("package.json: engines.node is %q, want >= and a number", asked.Engines.Node)
	}
	for name, named := range map[string]string{
		"README.md":                      `Node (\d+) or newer`,
		"CONTRIBUTING.md":                `Node (\d+) or newer`,
		"docs/DEPLOY.md":                 `Node (\d+) or newer`,
		".github/workflows/ci.yml":       `node-version: (\d+)`,
		".github/actions/cdk/action.yml": `node-version: (\d+)`,
		"requirements/node/package.json": `"node-[a-z0-9-]+": "(\d+)\.`,
		"Makefile":                       `needs (\d+) or newer`,
	} {
		found := regexp.MustCompile(named).FindAllStringSubmatch(read(name), -1)
		if len(found) == 0 {
			t.Errorf("%s names no version of Node", name)
		}
		for _, match := range found {
			if version, _ := strconv.Atoi(match[1]); version < least {
				t.Errorf("%s names Node %d, and package.json asks for %d or newer", name, version, least)
			}
		}
	}
}
