package stack_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
)

func TestAccess_every_route_that_wants_a_key_opens_to_this_one_alone(t *testing.T) {
	t.Parallel()
	const key = "the-key-of-this-stack"
	p := start(t, func(c *stack.Config) { c.APIKey = key })
	if a := p.post(event("e"), "x-api-key", key); a.status != http.StatusAccepted {
		t.Fatal(a)
	}
	p.drained()
	for _, route := range contract.Routes() {
		path := strings.ReplaceAll(route.Path, "{"+contract.PathEventID+"}", "e")
		for name, header := range map[string][]string{
			"none":              nil,
			"an empty one":      {"x-api-key", ""},
			"a wrong one":       {"x-api-key", "the-key-of-another-stack"},
			"the begin of it":   {"x-api-key", key[:len(key)-1]},
			"more than it":      {"x-api-key", key + "x"},
			"in capitals":       {"x-api-key", strings.ToUpper(key)},
			"in another header": {"Authorization", "Bearer " + key},
		} {
			a := p.do(route.Method, path, []byte(event("not-let-in")), header...)
			if !route.KeyRequired {
				if a.status != http.StatusOK {
					t.Errorf("%s %s with the key %q: %s", route.Method, path, name, a)
				}
				continue
			}
			if got := a.problem(t); a.status != http.StatusForbidden || got.Code != "forbidden" {
				t.Errorf("%s %s with the key %q: %s", route.Method, path, name, a)
			}
		}
	}
	p.drained()
	if n := p.number(`SELECT count(*) FROM events WHERE event_id <> 'e'`); n != 0 {
		t.Errorf("%d events of callers without the key are stored", n)
	}
}

// TestAccess_a_forged_message sends to the queue what only a compromised ingest could: the
// processor must ask S3 for nothing but the key of the id and the hash in its own bucket.
func TestAccess_a_forged_message_reads_nothing_but_its_own_payload(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	const hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	var mu sync.Mutex
	var asked []string
	p.Endpoint().Intercept(endpoint.S3, func(w http.ResponseWriter, r *http.Request, s3 http.Handler) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.URL.EscapedPath())
		mu.Unlock()
		s3.ServeHTTP(w, r)
	})
	own := func(id string) string { return "raw/" + id + "/" + hash + ".json" }
	forged := map[string]struct{ bucket, key, code string }{
		"of-another-bucket": {"another-bucket", own("of-another-bucket"), "payload_missing"},
		"..":                {stack.Bucket, own(".."), "invalid_envelope"},
		"of-a-parent":       {stack.Bucket, "raw/../../etc/passwd", "invalid_envelope"},
		"of-another-prefix": {stack.Bucket, "secrets/of-another-prefix/" + hash + ".json", "invalid_envelope"},
		"of-another-event":  {stack.Bucket, own("somebody-else"), "invalid_envelope"},
		"of-a-url":          {stack.Bucket, "http://169.254.169.254/latest/meta-data", "invalid_envelope"},
		"of-no-key":         {stack.Bucket, "", "invalid_envelope"},
	}
	var want []string
	for id, f := range forged {
		body := fmt.Sprintf(`{"event_id":%q,"correlation_id":"c","payload_mode":"S3","payload_sha256":%q,"s3_bucket":%q,"s3_key":%q,"received_at":"2026-01-31T23:59:59Z"}`,
			id, hash, f.bucket, f.key)
		if _, err := p.SQS().SendMessage(t.Context(), &awssqs.SendMessageInput{
			QueueUrl: aws.String(p.Info().QueueURL), MessageBody: &body,
			MessageAttributes: map[string]types.MessageAttributeValue{contract.AttrSchemaVersion: {DataType: aws.String("String"), StringValue: aws.String("1")}},
		}); err != nil {
			t.Fatal(err)
		}
		want = append(want, strings.TrimPrefix(id, "..")+": "+f.code) // no letter repeats what is not an id
	}
	p.drained()
	if got := p.deadLetters(); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("the DLQ has %v, want %v", got, want)
	}
	mu.Lock()
	defer mu.Unlock()
	wanted := []string{"GET /" + stack.Bucket + "/" + own("of-another-bucket")}
	if !slices.Equal(asked, wanted) {
		t.Errorf("S3 was asked for %q, want %q", asked, wanted)
	}
}

func TestAccess_what_the_stack_writes_is_its_owner_s_alone(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	if a := p.post(eventWith("large", "1", "m", `{"k":"`+strings.Repeat("x", contract.InlineLimit)+`"}`)); a.status != http.StatusAccepted {
		t.Fatal(a)
	}
	p.drained()
	hidden := map[string]bool{} // folders that nobody else can enter
	files := 0
	err := filepath.WalkDir(p.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		open := info.Mode().Perm()&0o077 != 0
		switch {
		case hidden[filepath.Dir(path)]:
			hidden[path] = entry.IsDir()
		case entry.IsDir():
			hidden[path] = !open
		case open:
			t.Errorf("%s has the mode %s", path, info.Mode())
		}
		files++
		return nil
	})
	if err != nil || files < 10 {
		t.Errorf("%d files, %v", files, err)
	}
}
