package stack_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
)

func gzipped(t *testing.T, plain string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestGzip_is_stored_as_what_it_inflates_to sends events that go inline and through S3, and
// a batch: the bytes and their hash are those of the uncompressed request.
func TestGzip_is_stored_as_what_it_inflates_to(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	zip := []string{"Content-Encoding", "gzip"}
	pad := func(n int) string { return `{"pad":"` + strings.Repeat("ä ", n/3) + `"}` }
	want := map[string]string{
		"small":  " " + event("small") + "\n",
		"inline": eventWith("inline", "1.50", "M", pad(contract.InlineLimit/2)),
		"s3":     eventWith("s3", "1.50", "M", pad(2*contract.InlineLimit)),
	}
	for id, body := range want {
		if a := p.post(gzipped(t, body), zip...); a.status != http.StatusAccepted || a.field(t, "event_id") != `"`+id+`"` {
			t.Fatalf("%s: %s", id, a)
		}
	}
	for i := range 3 {
		want[fmt.Sprintf("b%d", i)] = eventWith(fmt.Sprintf("b%d", i), "1.00", "M", `{"n":1.0}`)
	}
	batch := `{"events":[` + want["b0"] + "," + want["b1"] + " , " + want["b2"] + `]}`
	if a := p.do(http.MethodPost, "/events/batch", []byte(gzipped(t, batch)), zip...); a.status != http.StatusAccepted {
		t.Fatalf("the batch: %s", a)
	}
	for id, body := range want {
		digest := sha256.Sum256([]byte(body))
		stored := p.processed(id).field(t, "payload_sha256")
		back := p.get("/events/" + id + "/payload")
		if stored != `"`+hex.EncodeToString(digest[:])+`"` || string(back.body) != body {
			t.Errorf("%s: stored with hash %s, comes back as %.100s", id, stored, back)
		}
		if coding := back.header.Get("Content-Encoding"); coding != "identity" {
			t.Errorf("%s: the payload comes with Content-Encoding %q", id, coding)
		}
	}
	for name, tc := range map[string]struct {
		body   string
		status int
	}{
		"over the limit of a body":    {gzipped(t, sized(t, "large", contract.BodyLimit+1, "x")), http.StatusRequestEntityTooLarge},
		"over the limit of a gateway": {gzipped(t, strings.Repeat(" ", 11<<20)+event("bomb")), http.StatusRequestEntityTooLarge},
	} {
		if a := p.post(tc.body, zip...); a.status != tc.status {
			t.Errorf("%s: %s, want %d", name, a, tc.status)
		} else {
			a.problem(t)
		}
	}
	p.drained()
	if n := p.number("SELECT count(*) FROM events"); n != len(want) {
		t.Errorf("%d events are stored, want %d", n, len(want))
	}

	listed := p.do(http.MethodGet, "/events?user_id=ada", nil, "Accept-Encoding", "gzip")
	unzipped, err := gzip.NewReader(bytes.NewReader(listed.body))
	if listed.header.Get("Content-Encoding") != "gzip" || err != nil {
		t.Fatalf("the list comes with %v: %v", listed.header, err)
	}
	if text, err := io.ReadAll(unzipped); err != nil || !strings.HasPrefix(string(text), `{"events":[{`) {
		t.Errorf("the list inflates to %.100s, %v", text, err)
	}
}
