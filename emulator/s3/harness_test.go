package s3_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/fluxa/fluxa/emulator/s3"
)

const bucket = "payloads"

type stand struct {
	t      *testing.T
	dir    string
	server *s3.Server
	web    *httptest.Server
	client *awss3.Client

	// trailers counts the requests whose checksum came after an aws-chunked body.
	trailers atomic.Int64
}

// newStand serves over plain HTTP, as programs do, or over TLS, where the
// SDK switches to aws-chunked bodies with trailing checksums.
func newStand(t *testing.T, tls bool) *stand {
	t.Helper()
	s := &stand{t: t, dir: filepath.Join(t.TempDir(), "s3")}
	s.open()
	s.web = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Trailer") != "" {
			s.trailers.Add(1)
		}
		s.server.ServeHTTP(w, r)
	}))
	if tls {
		s.web.StartTLS()
	} else {
		s.web.Start()
	}
	t.Cleanup(s.web.Close)
	s.client = awss3.NewFromConfig(aws.Config{
		Region:           "us-east-1",
		BaseEndpoint:     aws.String(s.web.URL),
		HTTPClient:       s.web.Client(),
		Credentials:      credentials.NewStaticCredentialsProvider("local", "local", ""),
		RetryMaxAttempts: 1,
		// What a configuration loaded from the environment has.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}, func(o *awss3.Options) { o.UsePathStyle = true })
	return s
}

func (s *stand) open() {
	s.t.Helper()
	server, err := s3.Open(s3.Config{Dir: s.dir, NoSync: true})
	if err != nil {
		s.t.Fatal(err)
	}
	s.server = server
	if err := server.EnsureBucket(bucket); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) ctx() context.Context {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	s.t.Cleanup(cancel)
	return ctx
}

func (s *stand) put(key string, body []byte) {
	s.t.Helper()
	_, err := s.client.PutObject(s.ctx(), &awss3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: bytes.NewReader(body)})
	if err != nil {
		s.t.Fatalf("put %s: %v", key, err)
	}
}

func (s *stand) get(key string) ([]byte, *awss3.GetObjectOutput, error) {
	s.t.Helper()
	out, err := s.client.GetObject(s.ctx(), &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
	if err != nil {
		return nil, nil, err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	return body, out, err
}

func (s *stand) want(key string, body []byte) {
	s.t.Helper()
	got, _, err := s.get(key)
	if err != nil || !bytes.Equal(got, body) {
		s.t.Errorf("object %s has %d bytes, %v, want the %d put", key, len(got), err, len(body))
	}
}

// files are those of the bucket, whole ones or not.
func (s *stand) files() int {
	s.t.Helper()
	n := 0
	for _, folder := range []string{filepath.Join("buckets", bucket), "new"} {
		entries, err := os.ReadDir(filepath.Join(s.dir, folder))
		if err != nil {
			s.t.Fatal(err)
		}
		n += len(entries)
	}
	return n
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7 >> (i % 5))
	}
	return b
}
