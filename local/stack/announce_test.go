package stack_test

import (
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
)

// eventID finds the id in the commands of the banner.
var eventID = regexp.MustCompile(`"event_id":"([^"]+)"`)

// TestAnnounce_prints_commands_that_work runs the banner's commands as a person
// does, and those of a second banner after them.
func TestAnnounce_prints_commands_that_work(t *testing.T) {
	t.Parallel()
	const key = "a-key"
	for name, change := range map[string]func(*stack.Config){
		"with a key":   func(c *stack.Config) { c.APIKey = key },
		"with clients": func(c *stack.Config) { c.Clients = []stack.Client{{Name: "orders", Keys: []string{key}, Reads: "own"}} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			announced(t, start(t, change), key)
		})
	}
}

func announced(t *testing.T, p *product, key string) {
	t.Helper()
	if clients := p.Info().Clients; (len(clients) > 0) != strings.Contains(p.Banner(), "Clients       orders  (FLUXA_API_KEY is to be the key of one)") {
		t.Errorf("clients %q:\n%s", clients, p.Banner())
	}
	seen := map[string]bool{}
	for range 2 {
		banner := p.Banner()
		_, rest, _ := strings.Cut(banner, "Try it:\n\n")
		script, _, found := strings.Cut(rest, "\n\nCtrl-C")
		if !found || strings.Count(script, "curl ") != 3 {
			t.Fatalf("the banner has no three commands:\n%s", banner)
		}
		id := eventID.FindStringSubmatch(script)[1]
		if seen[id] {
			t.Errorf("the id %s is printed twice", id)
		}
		seen[id] = true
		post, read, _ := strings.Cut(script, "\n\n")
		if got := p.shell(post, key); got != `{"event_id":"`+id+`","status":"`+contract.StatusEnqueued+`"}` {
			t.Fatalf("%s: %s", post, got)
		}
		eventually(t, func() string {
			if a := p.do(http.MethodGet, "/events/"+id+"/status", nil, "x-api-key", key); a.status != http.StatusOK || a.field(t, "status") != `"`+contract.StatusProcessed+`"` {
				return a.String()
			}
			return ""
		})
		for command := range strings.SplitSeq(read, "\n\n") {
			if got := p.shell(command, key); !strings.Contains(got, `"event_id":"`+id+`",`) {
				t.Errorf("%s: %s", command, got)
			}
		}
	}
	if dead := p.deadLetters(); len(dead) != 0 {
		t.Errorf("the DLQ has %v", dead)
	}
}

// shell returns what a command prints.
func (p *product) shell(command, key string) string {
	p.t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Env = append(cmd.Environ(), "FLUXA_API_KEY="+key)
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("%s: %v: %s", command, err, out)
	}
	return strings.TrimSpace(string(out))
}
