package objects_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/fluxa/fluxa/cli/objects"
	"github.com/fluxa/fluxa/emulator/s3"
)

// bucket serves S3 with one bucket, in which the keys have their names for content.
func bucket(t *testing.T, keys ...string) *objects.Reader {
	t.Helper()
	server, err := s3.Open(s3.Config{Dir: t.TempDir(), NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.EnsureBucket("events"); err != nil {
		t.Fatal(err)
	}
	served := httptest.NewServer(server)
	t.Cleanup(served.Close)
	for _, key := range keys {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, served.URL+"/events/"+key, strings.NewReader(key))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("put %s: %v, %v", key, response, err)
		}
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return objects.New(aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(served.URL), Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]objects.Location{
		"s3://b/p/q": {Bucket: "b", Key: "p/q"}, "s3://b/": {Bucket: "b"}, "s3://b": {Bucket: "b"}, "s3://": {},
	} {
		if got, ok := objects.Parse(text); !ok || got != want {
			t.Errorf("%s: %+v, %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "folder", "./s3://b", "S3://b/p"} {
		if got, ok := objects.Parse(text); ok {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

func TestList_is_in_the_order_of_the_keys_and_has_no_folders(t *testing.T) {
	t.Parallel()
	list, err := bucket(t, "in/b", "in/a", "in/sub/", "in/Z", "inner", "out/a").List(t.Context(), objects.Location{Bucket: "events", Key: "in/"})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, o := range list {
		keys = append(keys, o.Key)
		if o.Size != int64(len(o.Key)) || o.ETag == "" {
			t.Errorf("%+v", o)
		}
	}
	if got := strings.Join(keys, " "); got != "in/Z in/a in/b" {
		t.Errorf("got %s", got)
	}
}

func TestDownload_leaves_only_what_has_the_hash(t *testing.T) {
	t.Parallel()
	reader, dir := bucket(t, "good"), t.TempDir()
	from, path := objects.Location{Bucket: "events", Key: "good"}, filepath.Join(dir, "date=2026-11-28", "part")
	if err := reader.Download(t.Context(), from, path, hashOf("good")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "good" {
		t.Errorf("got %q, %v", got, err)
	}
	// It is there: nothing is read.
	if err := reader.Download(t.Context(), objects.Location{Bucket: "events", Key: "gone"}, path, hashOf("good")); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := reader.Download(t.Context(), from, path, hashOf("good")); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "good" {
		t.Errorf("what was cut off is %q, %v", got, err)
	}
}

func TestDownload_says_when_the_bytes_are_others(t *testing.T) {
	t.Parallel()
	reader, dir := bucket(t, "good"), t.TempDir()
	path := filepath.Join(dir, "part")
	err := reader.Download(t.Context(), objects.Location{Bucket: "events", Key: "good"}, path, hashOf("other"))
	if err == nil || !strings.Contains(err.Error(), "read s3://events/good into "+path+": its SHA-256 is "+hashOf("good")+", the manifest says "+hashOf("other")) {
		t.Errorf("error %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOpen_reads_an_object(t *testing.T) {
	t.Parallel()
	reader := bucket(t, "good")
	body, err := reader.Open(t.Context(), objects.Location{Bucket: "events", Key: "good"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	if err != nil || string(got) != "good" || body.Close() != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := reader.Open(t.Context(), objects.Location{Bucket: "events", Key: "gone"}); err == nil || !strings.Contains(err.Error(), "read s3://events/gone: ") {
		t.Errorf("error %v", err)
	}
}
