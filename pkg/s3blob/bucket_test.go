package s3blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/s3blob"
)

var received = time.Date(2026, 11, 30, 12, 0, 0, 1, time.UTC)

// miniS3 speaks as much of S3 as a bucket needs: it verifies checksums, keeps
// objects, and answers for a missing one as S3 does.
type miniS3 struct {
	mu      sync.Mutex
	objects map[string][]byte
	headers map[string]http.Header
	puts    int
}

func (m *miniS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch r.Method {
	case http.MethodPut:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			problem(w, http.StatusBadRequest, "IncompleteBody")
			return
		}
		sum := sha256.Sum256(body)
		if r.Header.Get("X-Amz-Checksum-Sha256") != base64.StdEncoding.EncodeToString(sum[:]) {
			problem(w, http.StatusBadRequest, "BadDigest")
			return
		}
		m.puts++
		m.objects[r.URL.Path], m.headers[r.URL.Path] = body, r.Header.Clone()
	case http.MethodGet:
		body, ok := m.objects[r.URL.Path]
		if !ok {
			problem(w, http.StatusNotFound, "NoSuchKey")
			return
		}
		if _, err := w.Write(body); err != nil {
			return // the reader had enough
		}
	}
}

func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if code != "" {
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>…</Message></Error>", code)
	}
}

func newBucket(t *testing.T, handler http.Handler) *s3blob.Bucket {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	bucket, err := s3blob.New(s3blob.NewClient(aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}), s3blob.Config{Bucket: "payloads"})
	if err != nil {
		t.Fatal(err)
	}
	return bucket
}

func newMini() *miniS3 {
	return &miniS3{objects: map[string][]byte{}, headers: map[string]http.Header{}}
}

func TestBucket_gives_back_what_was_put(t *testing.T) {
	t.Parallel()
	for name, payload := range map[string]string{
		"a small payload": `{"user_id":"u"}`,
		"an empty one":    "",
		"a large one":     strings.Repeat("x", 5<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mini := newMini()
			bucket := newBucket(t, mini)
			hash := event.Hash([]byte(payload))
			key := event.ObjectKey(event.Identity{ID: "a:b"}, hash)
			for range 2 {
				if err := bucket.Put(t.Context(), key, []byte(payload), hash, received); err != nil {
					t.Fatal(err)
				}
			}
			got, err := bucket.Get(t.Context(), key, int64(len(payload)))
			if err != nil || string(got) != payload {
				t.Errorf("%d bytes came back, error %v", len(got), err)
			}
			header := mini.headers["/payloads/"+key]
			if header.Get("Content-Type") != "application/json" || header.Get("X-Amz-Meta-Payload-Sha256") != hash ||
				header.Get("X-Amz-Meta-Received-At") != "2026-11-30T12:00:00.000000001Z" {
				t.Errorf("stored under /payloads/%s with %v", key, header)
			}
		})
	}
}

func TestBucket_Put_stores_nothing_that_differs_from_its_hash(t *testing.T) {
	t.Parallel()
	mini := newMini()
	err := newBucket(t, mini).Put(t.Context(), "k", []byte("damaged"), event.Hash([]byte("sound")), received)
	if fault.CodeOf(err) != fault.StorageUnavailable || mini.puts != 0 {
		t.Errorf("error %v, %d objects stored", err, mini.puts)
	}
}

func TestBucket_Put_refuses_what_is_no_hash(t *testing.T) {
	t.Parallel()
	mini := newMini()
	for _, hash := range []string{"", "zz", strings.Repeat("0", 62), strings.Repeat("0", 66), strings.Repeat("g", 64)} {
		if err := newBucket(t, mini).Put(t.Context(), "k", []byte("x"), hash, received); fault.CodeOf(err) != fault.Internal {
			t.Errorf("hash %q: %v", hash, err)
		}
	}
}

func TestBucket_Get_limit(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"the length is told": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "12345678") },
		"the length is not told": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "1234")
			w.(http.Flusher).Flush()
			fmt.Fprint(w, "5678")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bucket := newBucket(t, handler)
			if got, err := bucket.Get(t.Context(), "k", 8); err != nil || string(got) != "12345678" {
				t.Errorf("limit 8: %q, %v", got, err)
			}
			if got, err := bucket.Get(t.Context(), "k", 7); fault.CodeOf(err) != fault.PayloadTooLarge || got != nil {
				t.Errorf("limit 7: %q, %v", got, err)
			}
		})
	}
}

// bodyless answers with an object of a told length whose body must not be read.
type bodyless struct {
	t      *testing.T
	length int64
	closed bool
}

func (b *bodyless) PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	return nil, errors.New("no object is put here")
}

func (b *bodyless) GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return &s3.GetObjectOutput{Body: b, ContentLength: aws.Int64(b.length)}, nil
}

func (b *bodyless) Read([]byte) (int, error) {
	b.t.Error("the body is read")
	return 0, io.EOF
}

func (b *bodyless) Close() error {
	b.closed = true
	return nil
}

func TestBucket_Get_reads_nothing_of_what_is_told_to_be_too_large(t *testing.T) {
	t.Parallel()
	client := &bodyless{t: t, length: 8}
	bucket, err := s3blob.New(client, s3blob.Config{Bucket: "payloads"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.Get(t.Context(), "k", 7); fault.CodeOf(err) != fault.PayloadTooLarge || !client.closed {
		t.Errorf("error %v, closed %t", err, client.closed)
	}
}

func TestBucket_Get_faults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		code   string
		want   fault.Code
	}{
		{http.StatusNotFound, "NoSuchKey", fault.PayloadMissing},
		{http.StatusNotFound, "", fault.PayloadMissing},
		{http.StatusNotFound, "NoSuchBucket", fault.StorageUnavailable},
		{http.StatusForbidden, "AccessDenied", fault.StorageUnavailable},
		{http.StatusForbidden, "InvalidObjectState", fault.StorageUnavailable},
		{http.StatusServiceUnavailable, "SlowDown", fault.StorageUnavailable},
		{http.StatusInternalServerError, "InternalError", fault.StorageUnavailable},
		{http.StatusBadRequest, "", fault.StorageUnavailable},
	} {
		bucket := newBucket(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { problem(w, c.status, c.code) }))
		if _, err := bucket.Get(t.Context(), "raw/k", 10); fault.CodeOf(err) != c.want {
			t.Errorf("%d %s: %v, want %s", c.status, c.code, err, c.want)
		}
		if err := bucket.Put(t.Context(), "raw/k", nil, event.Hash(nil), received); fault.CodeOf(err) != fault.StorageUnavailable {
			t.Errorf("%d %s on put: %v", c.status, c.code, err)
		}
	}
}

func TestBucket_Sum_is_of_the_bytes_as_they_are_now(t *testing.T) {
	t.Parallel()
	mini := newMini()
	bucket := newBucket(t, mini)
	payload := bytes.Repeat([]byte("0123456789"), 300_000)
	if err := bucket.Put(t.Context(), "raw/k", payload, event.Hash(payload), received); err != nil {
		t.Fatal(err)
	}
	if sum, err := bucket.Sum(t.Context(), "raw/k"); err != nil || sum != event.Hash(payload) {
		t.Errorf("got %s, %v", sum, err)
	}
	mini.objects["/payloads/raw/k"] = []byte("changed")
	if sum, err := bucket.Sum(t.Context(), "raw/k"); err != nil || sum != event.Hash([]byte("changed")) {
		t.Errorf("of other bytes: got %s, %v", sum, err)
	}
}

func TestBucket_Sum_faults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		code   string
		want   fault.Code
	}{
		{http.StatusNotFound, "NoSuchKey", fault.PayloadMissing},
		{http.StatusNotFound, "NoSuchBucket", fault.StorageUnavailable},
		{http.StatusForbidden, "AccessDenied", fault.Forbidden},
		{http.StatusForbidden, "InvalidObjectState", fault.Forbidden},
		{http.StatusServiceUnavailable, "SlowDown", fault.StorageUnavailable},
	} {
		bucket := newBucket(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { problem(w, c.status, c.code) }))
		if _, err := bucket.Sum(t.Context(), "raw/k"); fault.CodeOf(err) != c.want {
			t.Errorf("%d %s: %v, want %s", c.status, c.code, err, c.want)
		}
	}
	cut := newBucket(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		fmt.Fprint(w, "12345")
	}))
	if _, err := cut.Sum(t.Context(), "raw/k"); fault.CodeOf(err) != fault.StorageUnavailable || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a body cut off: %v", err)
	}
}

func TestBucket_Get_a_body_cut_off_is_unavailability(t *testing.T) {
	t.Parallel()
	bucket := newBucket(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		fmt.Fprint(w, "12345")
	}))
	_, err := bucket.Get(t.Context(), "k", 100)
	if fault.CodeOf(err) != fault.StorageUnavailable || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
}

func TestBucket_no_call_outlives_its_context(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(context.Context, *s3blob.Bucket) error{
		"put": func(ctx context.Context, b *s3blob.Bucket) error {
			return b.Put(ctx, "k", []byte("x"), event.Hash([]byte("x")), received)
		},
		"get": func(ctx context.Context, b *s3blob.Bucket) error { _, err := b.Get(ctx, "k", 1); return err },
		"sum": func(ctx context.Context, b *s3blob.Bucket) error { _, err := b.Sum(ctx, "k"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arrived, gone := make(chan struct{}), make(chan struct{})
			bucket := newBucket(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					t.Error(err)
				}
				close(arrived)
				<-r.Context().Done()
				close(gone)
			}))
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-arrived
				cancel()
			}()
			if err := call(ctx, bucket); !errors.Is(err, context.Canceled) || fault.CodeOf(err) != fault.StorageUnavailable {
				t.Errorf("error %v", err)
			}
			<-gone
		})
	}
}

func TestNewClient_uses_the_path_only_with_an_endpoint_of_its_own(t *testing.T) {
	t.Parallel()
	if s3blob.NewClient(aws.Config{Region: "eu-west-1"}).Options().UsePathStyle {
		t.Error("the path is used on AWS")
	}
	if !s3blob.NewClient(aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String("http://127.0.0.1:9000")}).Options().UsePathStyle {
		t.Error("the host is used with an emulator")
	}
}

func TestNew_refuses_a_missing_name(t *testing.T) {
	t.Parallel()
	if _, err := s3blob.New(s3.New(s3.Options{}), s3blob.Config{}); err == nil || err.Error() != `s3blob: Bucket must be the name of a bucket, got ""` {
		t.Errorf("got %v", err)
	}
}

func TestBucket_Bucket(t *testing.T) {
	t.Parallel()
	if got := newBucket(t, newMini()).Bucket(); got != "payloads" {
		t.Errorf("got %q", got)
	}
}
