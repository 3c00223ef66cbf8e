package stack_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/local/stack"
)

// TestAccess_no_argument_list: everybody on a machine can read the arguments of every
// process.
func TestAccess_no_argument_list_has_a_secret(t *testing.T) {
	t.Parallel()
	const key = "a-key-that-nobody-may-see"
	p := start(t, func(c *stack.Config) { c.APIKey, c.DatabaseURL = key, ownDatabase })
	if a := p.post(event("e"), "x-api-key", key); a.status != http.StatusAccepted {
		t.Fatal(a)
	}
	p.drained()
	_, after, _ := strings.Cut(p.Info().DatabaseURL, "://")
	credentials, _, _ := strings.Cut(after, "@")
	_, password, _ := strings.Cut(credentials, ":")
	if password == "" {
		t.Fatalf("the database has no password: %s", p.Info().DatabaseURL)
	}
	lists, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, path := range lists {
		list, err := os.ReadFile(path)
		if err != nil {
			continue // the process has ended
		}
		read++
		for _, secret := range []string{key, password} {
			if strings.Contains(string(list), secret) {
				t.Errorf("%s has a secret: %q", path, list)
			}
		}
	}
	if read == 0 {
		t.Error("no argument list can be read")
	}
}
