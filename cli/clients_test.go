package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/local/stack"
)

// TestClients reads a log that was set aside and one that is being written.
func TestClients(t *testing.T) {
	t.Parallel()
	logs := t.TempDir()
	dir := local(t, stack.Info{LogDir: logs})
	request := func(ago time.Duration, key, resource string, status int, ms float64) string {
		keyed := ""
		if key != "" {
			keyed = fmt.Sprintf(`,"key_id":%q`, key)
		}
		return fmt.Sprintf(`{"timestamp":%q,"level":"INFO","message":"request","resource":%q,"status":%d,"duration_ms":%g%s}`+"\n",
			now.Add(-ago).UTC().Format(time.RFC3339Nano), resource, status, ms, keyed)
	}
	for name, lines := range map[string][]string{
		"access.log.1": {
			request(3*time.Hour, "orders-1", "/events", 202, 5000),
			request(1000*time.Second, "orders-1", "/events", 202, 2), request(950*time.Second, "orders-2", "/events", 202, 3),
		},
		"access.log": {
			request(900*time.Second, "orders-1", "/events", 422, 4), "no JSON\n", request(899*time.Second, "web-shop-1", "/events", 429, 0.1),
			request(898*time.Second, "web-shop-1", "/events", 503, 100), request(897*time.Second, "", "/events", 403, 0.1),
			request(896*time.Second, "", "/health", 200, 0.1), strings.TrimSuffix(request(1, "orders-1", "/events", 202, 1), "}\n"),
		},
	} {
		if err := os.WriteFile(filepath.Join(logs, name), []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "clients_text", run(t, "clients", "--dir", dir, "-o", "text").String())
	golden(t, "clients_json", run(t, "clients", "--dir", dir).String())
	if got := run(t, "clients", "--dir", dir, "-o", "text", "--since", "1m"); got != (outcome{exit.OK, "no requests in the last 60.0 s\n", ""}) {
		t.Errorf("%s", got)
	}
	if got := run(t, "clients", "--dir", dir, "--since", "0s"); got.code != exit.Usage {
		t.Errorf("%s", got)
	}
}
