package apireference_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cli/apireference"
)

func serve(t *testing.T) *httptest.Server {
	t.Helper()
	reference, err := apireference.New("/docs")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(reference)
	t.Cleanup(server.Close)
	return server
}

// get asks without an Accept-Encoding when plain, else as browsers do.
func get(t *testing.T, url string, plain bool) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if plain {
		request.Header.Set("Accept-Encoding", "identity")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

func TestPage_loads_what_is_served_beside_it(t *testing.T) {
	t.Parallel()
	server := serve(t)
	page, html := get(t, server.URL+"/docs", false)
	if page.StatusCode != http.StatusOK || page.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%s %v", page.Status, page.Header)
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "http") {
		t.Errorf("the policy is %q", policy)
	}
	named := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(string(html), -1)
	if len(named) < 3 {
		t.Fatalf("the page names only %v", named)
	}
	for _, match := range named {
		if strings.HasPrefix(match[1], "data:") {
			continue
		}
		if got, _ := get(t, server.URL+match[1], false); got.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", match[1], got.Status)
		}
	}
}

func TestScalar_is_the_same_with_and_without_gzip(t *testing.T) {
	t.Parallel()
	server := serve(t)
	packed, a := get(t, server.URL+"/docs/scalar.js", false)
	if !packed.Uncompressed {
		t.Error("it was sent uncompressed to who takes gzip")
	}
	plain, b := get(t, server.URL+"/docs/scalar.js", true)
	if encoding := plain.Header.Get("Content-Encoding"); encoding != "" {
		t.Errorf("it was sent as %q to who takes no encoding", encoding)
	}
	if len(a) < 1<<20 || sha256.Sum256(a) != sha256.Sum256(b) {
		t.Errorf("%d bytes with gzip, %d without, or other ones", len(a), len(b))
	}
}

func TestDocument_is_JSON(t *testing.T) {
	t.Parallel()
	response, body := get(t, serve(t).URL+"/docs/openapi.json", false)
	if response.Header.Get("Content-Type") != "application/json" || !json.Valid(body) {
		t.Errorf("%v %.100s", response.Header, body)
	}
}

func TestNew_says_what_is_wrong_with_a_path(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "docs", "/docs/"} {
		want := fmt.Sprintf("apireference: the path is %q, it must begin with a slash and not end with one", path)
		if _, err := apireference.New(path); err == nil || err.Error() != want {
			t.Errorf("%q: %v", path, err)
		}
	}
}
