package gateway

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func gzipped(t *testing.T, plain string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(plain)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestBodies_of_requests_are_inflated(t *testing.T) {
	t.Parallel()
	const plain = `{"amount":1.50}`
	const notGzip = "the body is not the gzip that Content-Encoding says it is"
	whole := gzipped(t, plain)
	for name, test := range map[string]struct {
		body, coding  string
		status        int
		title, detail string
		arrives       string // at the function
		named         string // what Content-Encoding still says
	}{
		"gzip":                         {whole, "gzip", 200, "", "", plain, ""},
		"in capitals":                  {whole, "GZIP", 200, "", "", plain, ""},
		"two streams":                  {whole + gzipped(t, "2"), "gzip", 200, "", "", plain + "2", ""},
		"gzip of nothing":              {gzipped(t, ""), "gzip", 200, "", "", "", ""},
		"gzip of more than a step":     {gzipped(t, strings.Repeat("0123456789", 100_000)), "gzip", 200, "", "", strings.Repeat("0123456789", 100_000), ""},
		"nothing at all":               {"", "gzip", 200, "", "", "", "gzip"},
		"another coding":               {"\xff", "br", 200, "", "", "/w==", "br"},
		"two codings":                  {plain, "gzip, gzip", 200, "", "", plain, "gzip, gzip"},
		"no gzip":                      {plain, "gzip", 415, "Unsupported Media Type", notGzip, "", ""},
		"a header that is cut short":   {whole[:5], "gzip", 415, "Unsupported Media Type", notGzip, "", ""},
		"a stream that is cut short":   {whole[:len(whole)-9], "gzip", 415, "Unsupported Media Type", notGzip, "", ""},
		"a wrong checksum":             {whole[:len(whole)-8] + "\x00\x00\x00\x00" + whole[len(whole)-4:], "gzip", 415, "Unsupported Media Type", notGzip, "", ""},
		"something behind the stream":  {whole + "x", "gzip", 415, "Unsupported Media Type", notGzip, "", ""},
		"more than the limit inflated": {gzipped(t, strings.Repeat("x", MaxBodyBytes+1)), "gzip", 413, "Request Entity Too Large", "the body must be at most 10485760 bytes when it is decompressed", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fakeFunction{}
			got := do(t, "POST", api(t, f, nil).URL+"/events", test.body, "Content-Encoding", test.coding)
			if test.status != 200 {
				expectProblem(t, got, test.status, test.title, test.detail, "/events")
				if f.invocations() != 0 {
					t.Error("the function was invoked")
				}
				return
			}
			if event := f.last(t); got.status != 200 || event.Body != test.arrives || event.Headers["Content-Encoding"] != test.named {
				t.Errorf("%d: %.80q arrives as %q", got.status, event.Body, event.Headers["Content-Encoding"])
			}
		})
	}
}

// TestInflatedBodies_take_a_bounded_share sends, many at once, what inflates to a gigabyte.
func TestInflatedBodies_take_a_bounded_share(t *testing.T) {
	t.Parallel()
	stream := gzipped(t, strings.Repeat("\x00", 32<<20))
	bomb := []byte(strings.Repeat(stream, 32))
	var asked, held int64
	_, err := gunzip(bomb, func(more int64) bool {
		asked += more
		held = max(held, asked)
		return true
	})
	if err != errInflatedTooLarge || held != MaxBodyBytes+1 {
		t.Errorf("%v, and it asked for %d bytes", err, held)
	}
	if _, err := gunzip(bomb, func(int64) bool { return false }); err != errNoRoom {
		t.Errorf("without room: %v", err)
	}
	f := &fakeFunction{}
	g := api(t, f, nil)
	for range 2 * bodyBudget / MaxBodyBytes { // each gives back what it took
		if got := do(t, "POST", g.URL+"/events", string(bomb[:1<<16]), "Content-Encoding", "gzip"); got.status != http.StatusRequestEntityTooLarge {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
}

func TestAnswers_are_compressed_for_who_accepts_gzip(t *testing.T) {
	t.Parallel()
	body := `{"statusCode":422,"headers":{"Content-Type":"application/problem+json"},"body":"` + strings.Repeat("x", 1000) + `"}`
	for name, test := range map[string]struct {
		accepts string
		off     bool
		answer  string
		coding  string
	}{
		"gzip":                       {"gzip", false, body, "gzip"},
		"as a browser asks":          {"gzip, deflate, br", false, body, "gzip"},
		"gzip as the second best":    {"br, gzip;q=0.5", false, body, ""},
		"gzip as the best":           {"br;q=0.5, GZIP;q=0.7", false, body, "gzip"},
		"gzip refused":               {"gzip;q=0", false, body, ""},
		"a weight that is none":      {"gzip;q=x", false, body, ""},
		"anything":                   {"*", false, body, ""},
		"nothing said":               {"", false, body, ""},
		"a coding of the function's": {"gzip", false, `{"statusCode":200,"headers":{"content-encoding":"identity"},"body":"{}"}`, "identity"},
		"no body":                    {"gzip", false, `{"statusCode":204}`, ""},
		"an API that does not":       {"gzip", true, body, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := api(t, &fakeFunction{reply: answering(test.answer)}, func(c *Config) { c.Compress = !test.off })
			got := do(t, "GET", server.URL+"/events", "", "Accept-Encoding", test.accepts)
			if coding := got.header.Get("Content-Encoding"); coding != test.coding {
				t.Fatalf("Content-Encoding %q, want %q", coding, test.coding)
			}
			if test.coding == "gzip" {
				if inflated, err := gunzip([]byte(got.body), nil); err != nil || string(inflated) != strings.Repeat("x", 1000) || len(got.body) > 100 || got.status != 422 {
					t.Errorf("%d, %d bytes that inflate to %.20q, %v", got.status, len(got.body), inflated, err)
				}
			}
		})
	}
}

// The writers are shared: an answer must not have another one's bytes.
func TestAnswers_at_once_are_compressed_apart(t *testing.T) {
	t.Parallel()
	echo := func(_ context.Context, event events.APIGatewayProxyRequest) (string, string, error) {
		return `{"statusCode":200,"body":"` + strings.Repeat(event.Body, 500) + `"}`, "", nil
	}
	server := api(t, &fakeFunction{reply: echo}, func(c *Config) { c.Compress = true })
	for _, letter := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		t.Run(letter, func(t *testing.T) {
			t.Parallel()
			for range 20 {
				if got := do(t, "POST", server.URL+"/events", letter); got.body != strings.Repeat(letter, 500) {
					t.Fatalf("got %.20s", got.body)
				}
			}
		})
	}
}
