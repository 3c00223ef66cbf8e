package events

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/klauspost/compress/zstd"

	"github.com/fluxa/fluxa/cli/objects"
	"github.com/fluxa/fluxa/emulator/s3"
)

// shelf is a bucket of S3.
type shelf struct {
	*httptest.Server
	reader *objects.Reader
}

func newShelf(t *testing.T) shelf {
	t.Helper()
	server, err := s3.Open(s3.Config{Dir: t.TempDir(), NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.EnsureBucket("partner"); err != nil {
		t.Fatal(err)
	}
	served := httptest.NewServer(server)
	t.Cleanup(served.Close)
	return shelf{served, objects.New(aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(served.URL), Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})}
}

func (s shelf) put(t *testing.T, key string, body []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL+"/partner/"+key, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.Client().Do(request)
	if err != nil || response.StatusCode != http.StatusOK || response.Body.Close() != nil {
		t.Fatalf("put %s: %v, %v", key, response, err)
	}
}

func packed(t *testing.T, text string, w io.WriteCloser, out *bytes.Buffer) []byte {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestObjectsInput_reads_all_objects_as_one_file_in_the_order_of_their_keys(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	var zipped, zstandard bytes.Buffer
	encoder, err := zstd.NewWriter(&zstandard)
	if err != nil {
		t.Fatal(err)
	}
	s.put(t, "in/3.ndjson", []byte("five\nsix"))
	s.put(t, "in/1.ndjson.gz", packed(t, "one\ntwo", gzip.NewWriter(&zipped), &zipped))
	s.put(t, "in/2.ndjson.zst", packed(t, "three\nfour\n", encoder, &zstandard))
	s.put(t, "in/4.empty", nil)
	s.put(t, "other", []byte("seven"))
	from, err := objectsInput(t.Context(), s.reader, objects.Location{Bucket: "partner", Key: "in/"})
	if err != nil {
		t.Fatal(err)
	}
	if from.path != "partner-in" {
		t.Errorf("the journal is beside %s", from.path)
	}
	for name, slowly := range map[string]func(io.Reader) io.Reader{"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader} {
		plain, finish, err := from.open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(slowly(plain))
		if err != nil || string(got) != "one\ntwo\nthree\nfour\nfive\nsix\n" || finish() != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}

	again, err := objectsInput(t.Context(), s.reader, objects.Location{Bucket: "partner", Key: "in/"})
	if err != nil || again.identity != from.identity {
		t.Errorf("the same objects are %s and %s, %v", from.identity, again.identity, err)
	}
	s.put(t, "in/3.ndjson", []byte("five\nSIX"))
	if other, err := objectsInput(t.Context(), s.reader, objects.Location{Bucket: "partner", Key: "in/"}); err != nil || other.identity == from.identity {
		t.Errorf("another object is taken for the one before: %s, %v", other.identity, err)
	}
	if _, err := objectsInput(t.Context(), s.reader, objects.Location{Bucket: "partner", Key: "inn"}); err == nil || err.Error() != "there is no object under s3://partner/inn" {
		t.Errorf("error %v", err)
	}
}
