package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

func TestEveryChecksumIsVerified(t *testing.T) {
	t.Parallel()
	for _, tls := range []bool{false, true} {
		s := newStand(t, tls)
		// Those that the Go SDK computes by itself.
		for _, algorithm := range []types.ChecksumAlgorithm{"CRC32", "CRC32C", "SHA1", "SHA256"} {
			t.Run(fmt.Sprintf("%s/tls=%v", algorithm, tls), func(t *testing.T) {
				t.Parallel()
				key := string(algorithm)
				_, err := s.client.PutObject(s.ctx(), &awss3.PutObjectInput{Bucket: aws.String(bucket), Key: &key,
					Body: strings.NewReader("hello"), ChecksumAlgorithm: algorithm})
				if err != nil {
					t.Fatal(err)
				}
				s.want(key, []byte("hello"))
			})
		}
	}
}

func TestAWrongChecksumIsRefusedAndStoresNothing(t *testing.T) {
	t.Parallel()
	wrong := map[string]func(*awss3.PutObjectInput){
		"CRC32":     func(in *awss3.PutObjectInput) { in.ChecksumCRC32 = aws.String("AAAAAA==") },
		"MD5":       func(in *awss3.PutObjectInput) { in.ContentMD5 = aws.String("1B2M2Y8AsgTpgAmY7PhCfg==") },
		"CRC64NVME": func(in *awss3.PutObjectInput) { in.ChecksumCRC64NVME = aws.String("AAAAAAAAAAA=") },
		"SHA256": func(in *awss3.PutObjectInput) {
			in.ChecksumSHA256 = aws.String("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
		},
		"not base64": func(in *awss3.PutObjectInput) { in.ChecksumCRC32 = aws.String("?") },
	}
	for name, change := range wrong {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			s := newStand(t, false)
			s.put("k", []byte("before"))
			in := &awss3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("k"), Body: strings.NewReader("hello")}
			change(in)
			_, err := s.client.PutObject(s.ctx(), in)
			want := "BadDigest"
			if name == "not base64" {
				want = "InvalidArgument"
			}
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != want {
				t.Errorf("got %v, want %s", err, want)
			}
			s.want("k", []byte("before"))
			if n := s.files(); n != 1 {
				t.Errorf("%d files are left, want 1", n)
			}
		})
	}
}

func TestARightCRC64NVMEIsTaken(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	// The check value of CRC-64/NVME for "123456789" is ae8b14860a799888.
	_, err := s.client.PutObject(s.ctx(), &awss3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("k"),
		Body: strings.NewReader("123456789"), ChecksumCRC64NVME: aws.String("rosUhgp5mIg=")})
	if err != nil {
		t.Error(err)
	}
}

func TestConditionalPut(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	put := func(ctx context.Context, body string) error {
		_, err := s.client.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("k"),
			Body: strings.NewReader(body), IfNoneMatch: aws.String("*")})
		return err
	}
	var wins atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			err := put(s.ctx(), fmt.Sprint(i))
			var api smithy.APIError
			switch {
			case err == nil:
				wins.Add(1)
			case !errors.As(err, &api) || api.ErrorCode() != "PreconditionFailed":
				t.Errorf("got %v, want PreconditionFailed", err)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d puts won, want exactly one", wins.Load())
	}
	s.open()
	var response interface{ HTTPStatusCode() int }
	if err := put(s.ctx(), "late"); !errors.As(err, &response) || response.HTTPStatusCode() != http.StatusPreconditionFailed {
		t.Errorf("after a restart: %v, want 412", err)
	}
	if n := s.files(); n != 1 {
		t.Errorf("%d files are left, want 1", n)
	}
}

func TestReadersSeeWholeObjectsWhileTheyAreOverwritten(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	versions := [][]byte{bytes.Repeat([]byte("a"), 300<<10), bytes.Repeat([]byte("b"), 200<<10)}
	s.put("k", versions[0])
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(done)
		for i := range 40 {
			s.put("k", versions[i%2])
		}
	})
	for range 3 {
		wg.Go(func() {
			for {
				got, _, err := s.get("k")
				if err != nil || !bytes.Equal(got, versions[0]) && !bytes.Equal(got, versions[1]) {
					t.Errorf("read %d bytes, %v", len(got), err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	wg.Wait()
}

func TestWhatAKillLeftHalfWrittenIsRemovedAtTheNextOpen(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	s.put("k", []byte("kept"))
	if err := os.WriteFile(filepath.Join(s.dir, "new", "left-by-a-kill"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.open()
	if n := s.files(); n != 1 {
		t.Errorf("%d files are left, want the object's", n)
	}
	s.want("k", []byte("kept"))
}

func TestABodyThatEndsEarlyStoresNothing(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	const trailer = "x-amz-checksum-crc32:NhCmhg==\r\n\r\n" // of "hello"
	cases := []struct {
		name, body string
		size       int
		status     int
	}{
		{"well-formed", "5\r\nhello\r\n0\r\n" + trailer, 5, 200},
		{"signed chunks", "5;chunk-signature=abc\r\nhello\r\n0;chunk-signature=def\r\n" + trailer, 5, 200},
		{"two chunks", "2\r\nhe\r\n3\r\nllo\r\n0\r\n" + trailer, 5, 200},
		{"no last chunk", "5\r\nhello\r\n", 5, 400},
		{"cut in a chunk", "5\r\nhel", 5, 400},
		{"not chunked", "hello", 5, 400},
		{"longer than announced", "5\r\nhello\r\n0\r\n" + trailer, 4, 400},
		{"shorter than announced", "5\r\nhello\r\n0\r\n" + trailer, 6, 400},
		{"another checksum", "5\r\nhallo\r\n0\r\n" + trailer, 5, 400},
		{"no checksum", "5\r\nhello\r\n0\r\n\r\n", 5, 400},
		{"no announced length", "5\r\nhello\r\n0\r\n" + trailer, -1, 411},
	}
	for i, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			url := fmt.Sprintf("%s/%s/k%d", s.web.URL, bucket, i)
			req, err := http.NewRequestWithContext(s.ctx(), http.MethodPut, url, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
			req.Header.Set("Content-Encoding", "aws-chunked")
			req.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32")
			if c.size >= 0 {
				req.Header.Set("X-Amz-Decoded-Content-Length", fmt.Sprint(c.size))
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(resp.Body)
			if err := errors.Join(err, resp.Body.Close()); err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != c.status {
				t.Errorf("status %d %s, want %d", resp.StatusCode, answer, c.status)
			}
			got, _, err := s.get(fmt.Sprint("k", i))
			if stored := err == nil && string(got) == "hello"; stored != (c.status == 200) {
				t.Errorf("stored %q, %v, with status %d", got, err, c.status)
			}
		})
	}
}

func TestABodyOverTheLimitIsRefusedByItsName(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	const limit = 64 << 20
	large := strings.Repeat("x", limit+1)
	for name, body := range map[string]string{"plain": large, "chunked": fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(large), large)} {
		req, err := http.NewRequestWithContext(s.ctx(), http.MethodPut, s.web.URL+"/"+bucket+"/large", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if name == "chunked" {
			req.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
			req.Header.Set("X-Amz-Decoded-Content-Length", fmt.Sprint(len(large)))
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusBadRequest || !bytes.Contains(answer, []byte("EntityTooLarge")) || !bytes.Contains(answer, []byte(fmt.Sprint(limit))) {
			t.Errorf("%s: status %d, %s", name, resp.StatusCode, answer)
		}
	}
	if n := s.files(); n != 0 {
		t.Errorf("%d files are left", n)
	}
}
