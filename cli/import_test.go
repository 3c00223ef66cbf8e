package cli

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/fluxa/fluxa/cli/exit"
)

// ingested answers batches as ingest does: an event's id is made of the key, its bytes and
// how many equal ones come before it. It keeps how often each id was sent, and refuses
// every request from the one on that last says; 0 lets all pass.
type ingested struct {
	mu       sync.Mutex
	last     int
	requests int
	ids      map[string]int
}

func (i *ingested) answer(w http.ResponseWriter, r *http.Request, body string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.requests++; i.last > 0 && i.requests > i.last {
		problem(w, 403, "forbidden", "the key was taken away")
		return
	}
	var batch struct{ Events []json.RawMessage }
	if err := json.Unmarshal([]byte(body), &batch); err != nil {
		problem(w, 400, "malformed_json", "the body is not valid JSON")
		return
	}
	equal := map[string]int{}
	var results []string
	for n, e := range batch.Events {
		id := fmt.Sprintf("%s %s %d", r.Header.Get("Idempotency-Key"), e, equal[string(e)])
		equal[string(e)]++
		if strings.Contains(string(e), "refuse") {
			results = append(results, fmt.Sprintf(`{"index":%d,"status":"refused","error":{"code":"missing_field","detail":"user_id is required","errors":[]}}`, n))
			continue
		}
		i.ids[id]++
		results = append(results, fmt.Sprintf(`{"index":%d,"event_id":"x","status":"enqueued"}`, n))
	}
	w.WriteHeader(207)
	fmt.Fprintf(w, `{"results":[%s]}`, strings.Join(results, ","))
}

func (i *ingested) allow(requests int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.requests, i.last = 0, requests
}

func compressed(t *testing.T, text string, with func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var out bytes.Buffer
	w := with(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestImport_goes_on_and_gives_each_line_one_id(t *testing.T) {
	t.Parallel()
	var text, refused strings.Builder
	const lines = 300
	for n := range lines {
		switch {
		case n%50 == 7:
			fmt.Fprintf(&refused, "{\"n\":%d,\"refuse\":true}\n", n)
			fmt.Fprintf(&text, "{\"n\":%d,\"refuse\":true}\n", n)
		case n%3 == 0:
			fmt.Fprintf(&text, "{\"n\":%d}\n\n", n%30) // equal ones come again
		default:
			fmt.Fprintf(&text, "{\"n\":%d}\n", 1000+n)
		}
	}
	const wantRefused = 6
	for name, file := range map[string][]byte{
		"plain": []byte(text.String()),
		"gzip":  compressed(t, text.String(), func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
		"zstd": compressed(t, text.String(), func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return z
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &ingested{ids: map[string]int{}}
			api := newAPI(t)
			api.on("POST /events/batch", i.answer)
			path := filepath.Join(t.TempDir(), "events")
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			line := []string{"import", path, "--endpoint", api.URL, "--batch", "10", "--concurrency", "3"}
			for _, requests := range []int{4, 9, 5} {
				i.allow(requests)
				got := run(t, line...)
				if got.code != exit.Failure || !strings.Contains(got.out, "are left: the same command goes on there") || !strings.Contains(got.err, " failed: the key was taken away") {
					t.Fatalf("after %d requests: %s", requests, got)
				}
			}
			i.allow(0)
			got := run(t, line...)
			want := fmt.Sprintf("accepted %d\nrefused  %d\nrefused lines are in %s.rejects\n", lines-wantRefused, wantRefused, path)
			if got.code != exit.Failure || got.out != want {
				t.Fatalf("at the end: %s", got)
			}
			if len(i.ids) != lines-wantRefused {
				t.Errorf("%d ids for %d lines", len(i.ids), lines-wantRefused)
			}
			if kept, err := os.ReadFile(path + ".rejects"); err != nil || string(kept) != refused.String() {
				t.Errorf("rejects %s, %v", kept, err)
			}
			before := len(api.asked())
			if again := run(t, line...); again.out != want || len(api.asked()) != before {
				t.Errorf("once more: %s, and %d requests", again, len(api.asked())-before)
			}
		})
	}
}

func TestImport_says_why_it_cannot(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	api.on("POST /events/batch", (&ingested{ids: map[string]int{}}).answer)
	folder := t.TempDir()
	whole := compressed(t, strings.Repeat("{\"n\":1}\n", 1000), func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	for name, test := range map[string]struct {
		content []byte
		args    []string
		code    int
		err     string
	}{
		"a stream that is cut short": {whole[:len(whole)-9], nil, exit.Failure, "fluxa: read line "},
		"a batch too large":          {whole, []string{"--batch", "501"}, exit.Usage, "fluxa: --batch is 501, it must be 1 to 500"},
		"rejects that are there":     {whole, []string{"--rejects", folder + "/a batch too large"}, exit.Failure, "fluxa: open the file of rejects: "},
		"a folder":                   {nil, nil, exit.Usage, "fluxa: " + folder + " is not a file: "},
	} {
		path := filepath.Join(folder, name)
		if test.content == nil {
			path = folder
		} else if err := os.WriteFile(path, test.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if name == "rejects that are there" {
			if err := os.WriteFile(folder+"/a batch too large", nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got := run(t, append([]string{"import", path, "--endpoint", api.URL}, test.args...)...)
		if got.code != test.code || !strings.HasPrefix(got.err, test.err) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
