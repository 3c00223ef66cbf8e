package stack_test

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	console  = regexp.MustCompile("(?s)```console\n(.*?)```")
	address  = regexp.MustCompile(`http://127\.0\.0\.1:8080(/[^\s']*)`)
	data     = regexp.MustCompile(`-d '([^']*)'`)
	volatile = regexp.MustCompile(`"(correlation_id|received_at|created_at|first_seen_at|last_seen_at|next_cursor)":"[^"]*"`)
)

// TestReadme runs the requests of the README and compares the answers with those
// it shows, but for ids and times of the moment.
func TestReadme_shows_what_is_answered(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := console.FindStringSubmatch(string(text))
	if block == nil {
		t.Fatal("the README shows no console")
	}
	p := start(t, nil)
	commands := strings.Split(strings.ReplaceAll(block[1], "\\\n", ""), "$ ")[1:]
	if len(commands) < 5 {
		t.Fatalf("the README shows %d commands", len(commands))
	}
	for _, command := range commands {
		command, shown, _ := strings.Cut(command, "\n")
		path := address.FindStringSubmatch(command)
		if path == nil {
			t.Fatalf("no URL in %s", command)
		}
		var got answer
		if body := data.FindStringSubmatch(command); body != nil {
			got = p.do(http.MethodPost, path[1], []byte(body[1]))
			p.drained()
		} else {
			got = p.get(path[1])
		}
		want := settled(t, shown)
		if diff := cmp.Diff(want, settled(t, string(got.body))); diff != "" {
			t.Errorf("%s: (-README +answer)\n%s", command, diff)
		}
	}
}

func settled(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(volatile.ReplaceAllString(text, `"$1":"*"`)), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
