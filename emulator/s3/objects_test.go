package s3_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
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
				s.open()
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
	var response interface{ HTTPStatusCode() int }
	if !errors.As(err, &response) || response.HTTPStatusCode() != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("beyond the end: %v, want 416", err)
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
	if n := s.files(); n != 1 {
		t.Errorf("%d files are left, want 1", n)
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

func TestAListOfNothingHasNoNextPage(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	s.put("a", nil)
	out, err := s.client.ListObjectsV2(s.ctx(), &awss3.ListObjectsV2Input{Bucket: aws.String(bucket), MaxKeys: aws.Int32(0)})
	if err != nil || aws.ToBool(out.IsTruncated) || len(out.Contents) != 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	s.put("a", []byte("a"))
	s.put("b", []byte("b"))
	if _, err := s.client.DeleteObject(s.ctx(), &awss3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("a")}); err != nil {
		t.Fatal(err)
	}
	if n := s.files(); n != 1 {
		t.Errorf("%d files are left, want 1", n)
	}
	s.want("b", []byte("b"))
}

func TestListBuckets(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	list, err := s.client.ListBuckets(s.ctx(), &awss3.ListBucketsInput{})
	if err != nil || len(list.Buckets) != 1 || *list.Buckets[0].Name != bucket || list.Buckets[0].CreationDate == nil {
		t.Errorf("buckets: %+v, %v", list, err)
	}
}

func TestWhatIsNotThereIsRefused(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	s.put("k", []byte("kept"))
	name, key := aws.String(bucket), aws.String("k")
	for what, call := range map[string]func() error{
		"copy": func() error {
			_, err := s.client.CopyObject(s.ctx(), &awss3.CopyObjectInput{Bucket: name, Key: aws.String("to"), CopySource: aws.String(bucket + "/k")})
			return err
		},
		"multipart upload": func() error {
			_, err := s.client.CreateMultipartUpload(s.ctx(), &awss3.CreateMultipartUploadInput{Bucket: name, Key: key})
			return err
		},
		"tags": func() error {
			_, err := s.client.PutObjectTagging(s.ctx(), &awss3.PutObjectTaggingInput{Bucket: name, Key: key,
				Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}})
			return err
		},
		"an object with tags": func() error {
			_, err := s.client.PutObject(s.ctx(), &awss3.PutObjectInput{Bucket: name, Key: key, Body: strings.NewReader("x"), Tagging: aws.String("a=b")})
			return err
		},
		"an object with encryption": func() error {
			_, err := s.client.PutObject(s.ctx(), &awss3.PutObjectInput{Bucket: name, Key: key, Body: strings.NewReader("x"), ServerSideEncryption: types.ServerSideEncryptionAwsKms})
			return err
		},
		"an object of a storage class": func() error {
			_, err := s.client.PutObject(s.ctx(), &awss3.PutObjectInput{Bucket: name, Key: key, Body: strings.NewReader("x"), StorageClass: types.StorageClassGlacierIr})
			return err
		},
		"another condition": func() error {
			_, err := s.client.PutObject(s.ctx(), &awss3.PutObjectInput{Bucket: name, Key: key, Body: strings.NewReader("x"), IfMatch: aws.String("etag")})
			return err
		},
		"a new bucket": func() error {
			_, err := s.client.CreateBucket(s.ctx(), &awss3.CreateBucketInput{Bucket: name})
			return err
		},
	} {
		var api smithy.APIError
		if err := call(); !errors.As(err, &api) || api.ErrorCode() != "NotImplemented" {
			t.Errorf("%s: got %v, want NotImplemented", what, err)
		}
	}
	s.want("k", []byte("kept"))
}

func TestOpenRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	if _, err := s3.Open(s3.Config{}); err == nil || !strings.Contains(err.Error(), "Dir is empty") {
		t.Errorf("no folder: %v", err)
	}
	s := newStand(t, false)
	if err := s.server.EnsureBucket("Not_A_Bucket"); err == nil {
		t.Error("a bad bucket name was taken")
	}
	if err := s.server.EnsureBucket(bucket); err != nil {
		t.Errorf("a bucket that is there: %v", err)
	}
}
