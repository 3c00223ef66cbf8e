package s3_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/fluxa/fluxa/emulator/s3"
)

func TestObjectRoundTrip(t *testing.T) {
	t.Parallel()
	for _, tls := range []bool{false, true} {
		for name, size := range map[string]int{"empty": 0, "one byte": 1, "a chunk and one": 64<<10 + 1, "5 MB": 5 << 20} {
			t.Run(fmt.Sprintf("%s/tls=%v", strings.ReplaceAll(name, " ", "_"), tls), func(t *testing.T) {
				t.Parallel()
				s := newStand(t, tls)
				body := pattern(size)
				key := "raw/e:1/ü b+c&d.json"
				put, err := s.client.PutObject(s.ctx(), &awss3.PutObjectInput{Bucket: aws.String(bucket), Key: &key,
					Body: bytes.NewReader(body), ContentType: aws.String("application/json"), Metadata: map[string]string{"event-id": "e:1"}})
				if err != nil {
					t.Fatal(err)
				}
				if n := s.trailers.Load(); (n == 1) != (tls && size > 0) {
					t.Errorf("%d requests with a trailer", n)
				}
				s.reopen()
				got, out, err := s.get(key)
				if err != nil || !bytes.Equal(got, body) {
					t.Fatalf("got %d bytes, %v, want %d", len(got), err, size)
				}
				if *out.ETag != *put.ETag || *out.ContentType != "application/json" || *out.ContentLength != int64(size) ||
					!maps.Equal(out.Metadata, map[string]string{"event-id": "e:1"}) || out.ContentEncoding != nil {
					t.Errorf("got %+v", out)
				}
				if out.ChecksumCRC32 == nil {
					t.Error("the checksum is missing, so the SDK verified nothing")
				}
				head, err := s.client.HeadObject(s.ctx(), &awss3.HeadObjectInput{Bucket: aws.String(bucket), Key: &key})
				if err != nil || *head.ContentLength != int64(size) || *head.ETag != *put.ETag || *head.ContentType != "application/json" ||
					!maps.Equal(head.Metadata, out.Metadata) || head.LastModified == nil {
					t.Errorf("head: %+v, %v", head, err)
				}
			})
		}
	}
}

func TestMissingThingsHaveTypedErrors(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	var noKey *types.NoSuchKey
	if _, _, err := s.get("nope"); !errors.As(err, &noKey) {
		t.Errorf("get: %v, want NoSuchKey", err)
	}
	var notFound *types.NotFound
	if _, err := s.client.HeadObject(s.ctx(), &awss3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String("nope")}); !errors.As(err, &notFound) {
		t.Errorf("head: %v, want NotFound", err)
	}
	var noBucket *types.NoSuchBucket
	if _, err := s.client.ListObjectsV2(s.ctx(), &awss3.ListObjectsV2Input{Bucket: aws.String("nope")}); !errors.As(err, &noBucket) {
		t.Errorf("list: %v, want NoSuchBucket", err)
	}
	if _, err := s.client.PutObject(s.ctx(), &awss3.PutObjectInput{Bucket: aws.String("nope"), Key: aws.String("k"), Body: strings.NewReader("x")}); err == nil ||
		!strings.Contains(err.Error(), "NoSuchBucket") {
		t.Errorf("put: %v, want NoSuchBucket", err)
	}
	if _, err := s.client.DeleteObject(s.ctx(), &awss3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("nope")}); err != nil {
		t.Errorf("delete of a missing object: %v, want success", err)
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	s.put("k", []byte("0123456789"))
	for asked, want := range map[string]string{"bytes=0-0": "0", "bytes=2-4": "234", "bytes=7-": "789", "bytes=-2": "89", "bytes=5-99": "56789", "bytes=0-9": "0123456789"} {
		out, err := s.client.GetObject(s.ctx(), &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("k"), Range: &asked})
		if err != nil {
			t.Errorf("%s: %v", asked, err)
			continue
		}
		got, err := io.ReadAll(out.Body)
		if err := errors.Join(err, out.Body.Close()); err != nil || string(got) != want || out.ContentRange == nil {
			t.Errorf("%s: %q, %v, want %q", asked, got, err, want)
		}
	}
	_, err := s.client.GetObject(s.ctx(), &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("k"), Range: aws.String("bytes=10-")})
	if err == nil || !strings.Contains(err.Error(), "InvalidRange") {
		t.Errorf("beyond the end: %v, want InvalidRange", err)
	}
}

func TestAnOverwriteReplacesBytesAndMetadata(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	_, err := s.client.PutObject(s.ctx(), &awss3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("k"),
		Body: strings.NewReader("old and longer"), Metadata: map[string]string{"old": "1"}, ContentType: aws.String("text/plain")})
	if err != nil {
		t.Fatal(err)
	}
	s.put("k", []byte("new"))
	got, out, err := s.get("k")
	if err != nil || string(got) != "new" || len(out.Metadata) != 0 || aws.ToString(out.ContentType) == "text/plain" {
		t.Errorf("got %q with %+v, %v", got, out, err)
	}
	if n := len(s.blobs()); n != 1 {
		t.Errorf("%d blobs are left, want 1", n)
	}
}

func TestListObjects(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	for _, key := range []string{"a", "b/1", "b/2", "b/c/3", "c", "d/4", "e"} {
		s.put(key, []byte(key))
	}
	cases := []struct {
		prefix, delimiter string
		keys, groups      []string
	}{
		{"", "", []string{"a", "b/1", "b/2", "b/c/3", "c", "d/4", "e"}, nil},
		{"", "/", []string{"a", "c", "e"}, []string{"b/", "d/"}},
		{"b/", "", []string{"b/1", "b/2", "b/c/3"}, nil},
		{"b/", "/", []string{"b/1", "b/2"}, []string{"b/c/"}},
		{"b", "/", nil, []string{"b/"}},
		{"zzz", "", nil, nil},
	}
	for _, c := range cases {
		for _, page := range []int32{1, 2, 1000} {
			pages := awss3.NewListObjectsV2Paginator(s.client, &awss3.ListObjectsV2Input{Bucket: aws.String(bucket),
				Prefix: &c.prefix, Delimiter: &c.delimiter, MaxKeys: &page})
			var keys, groups []string
			for pages.HasMorePages() {
				out, err := pages.NextPage(s.ctx())
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range out.Contents {
					keys = append(keys, *o.Key)
				}
				for _, g := range out.CommonPrefixes {
					groups = append(groups, *g.Prefix)
				}
			}
			if !slices.Equal(keys, c.keys) || !slices.Equal(groups, c.groups) {
				t.Errorf("prefix %q delimiter %q pages of %d: %v %v, want %v %v", c.prefix, c.delimiter, page, keys, groups, c.keys, c.groups)
			}
		}
	}
}

func TestDeletes(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	for _, key := range []string{"a", "b", "c", "d"} {
		s.put(key, []byte(key))
	}
	if _, err := s.client.DeleteObject(s.ctx(), &awss3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("a")}); err != nil {
		t.Fatal(err)
	}
	out, err := s.client.DeleteObjects(s.ctx(), &awss3.DeleteObjectsInput{Bucket: aws.String(bucket), Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: aws.String("b")}, {Key: aws.String("c")}}}})
	if err != nil || len(out.Deleted) != 2 {
		t.Fatalf("delete objects: %+v, %v", out, err)
	}
	if n := len(s.blobs()); n != 1 {
		t.Errorf("%d blobs are left, want 1", n)
	}
	if _, err := s.client.DeleteBucket(s.ctx(), &awss3.DeleteBucketInput{Bucket: aws.String(bucket)}); err == nil || !strings.Contains(err.Error(), "BucketNotEmpty") {
		t.Errorf("delete of a bucket with an object: %v", err)
	}
	if _, err := s.client.DeleteObject(s.ctx(), &awss3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("d")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.DeleteBucket(s.ctx(), &awss3.DeleteBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Errorf("delete of an empty bucket: %v", err)
	}
	list, err := s.client.ListBuckets(s.ctx(), &awss3.ListBucketsInput{})
	if err != nil || len(list.Buckets) != 0 {
		t.Errorf("buckets: %+v, %v", list, err)
	}
}

func TestMultipartUpload(t *testing.T) {
	t.Parallel()
	s := newStand(t, true)
	key := aws.String("big")
	up, err := s.client.CreateMultipartUpload(s.ctx(), &awss3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: key})
	if err != nil {
		t.Fatal(err)
	}
	parts := [][]byte{pattern(5 << 20), []byte("the rest")}
	var done []types.CompletedPart
	for i, p := range parts {
		out, err := s.client.UploadPart(s.ctx(), &awss3.UploadPartInput{Bucket: aws.String(bucket), Key: key, UploadId: up.UploadId,
			PartNumber: aws.Int32(int32(i + 1)), Body: bytes.NewReader(p)})
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, types.CompletedPart{ETag: out.ETag, PartNumber: aws.Int32(int32(i + 1))})
	}
	_, err = s.client.CompleteMultipartUpload(s.ctx(), &awss3.CompleteMultipartUploadInput{Bucket: aws.String(bucket), Key: key,
		UploadId: up.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: done}})
	if err != nil {
		t.Fatal(err)
	}
	s.want("big", slices.Concat(parts...))
}

func TestCopyKeepsBytesAndMetadata(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	_, err := s.client.PutObject(s.ctx(), &awss3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("from"),
		Body: strings.NewReader("hello"), Metadata: map[string]string{"a": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.CopyObject(s.ctx(), &awss3.CopyObjectInput{Bucket: aws.String(bucket), Key: aws.String("to"), CopySource: aws.String(bucket + "/from")}); err != nil {
		t.Fatal(err)
	}
	got, out, err := s.get("to")
	if err != nil || string(got) != "hello" || out.Metadata["a"] != "1" {
		t.Errorf("got %q %+v, %v", got, out, err)
	}
}

func TestASubResourceNeverOverwritesTheObject(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	s.put("k", []byte("kept"))
	_, err := s.client.PutObjectTagging(s.ctx(), &awss3.PutObjectTaggingInput{Bucket: aws.String(bucket), Key: aws.String("k"),
		Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "NotImplemented" {
		t.Errorf("got %v, want NotImplemented", err)
	}
	s.want("k", []byte("kept"))
}

func TestOpenRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	if _, err := s3.Open(s3.Config{}); err == nil || !strings.Contains(err.Error(), "Dir is empty") {
		t.Errorf("no folder: %v", err)
	}
	s := newStand(t, false)
	if _, err := s3.Open(s3.Config{Dir: s.dir}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("second open: %v", err)
	}
	if err := s.server.EnsureBucket("Not_A_Bucket"); err == nil {
		t.Error("a bad bucket name was taken")
	}
	if err := s.server.EnsureBucket(bucket); err != nil {
		t.Errorf("a bucket that is there: %v", err)
	}
}
