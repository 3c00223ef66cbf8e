package s3_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

func TestVersions_are_one_of_each_object(t *testing.T) {
	t.Parallel()
	s := newStand(t, false)
	for _, key := range []string{"a/1", "a/2", "a/3", "b"} {
		s.put(key, []byte(key))
	}
	var keys []string
	pages := awss3.NewListObjectVersionsPaginator(s.client, &awss3.ListObjectVersionsInput{Bucket: aws.String(bucket), Prefix: aws.String("a/"), MaxKeys: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Versions {
			if aws.ToString(v.VersionId) != "null" || !aws.ToBool(v.IsLatest) || v.LastModified == nil {
				t.Errorf("%+v", v)
			}
			keys = append(keys, aws.ToString(v.Key))
		}
	}
	if len(keys) != 3 || keys[2] != "a/3" {
		t.Errorf("listed %q", keys)
	}
	version := func(id string) error {
		_, err := s.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("b"), VersionId: aws.String(id)})
		return err
	}
	if err := version("null"); err != nil {
		t.Error(err)
	}
	var api smithy.APIError
	if err := version("other"); !errors.As(err, &api) || api.ErrorCode() != "NoSuchVersion" {
		t.Errorf("another version: %v", err)
	}
	if _, err := s.client.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("b"), VersionId: aws.String("null")}); err != nil {
		t.Error(err)
	}
	if err := version("null"); !errors.As(err, &api) || api.ErrorCode() != "NoSuchKey" {
		t.Errorf("after its version was deleted: %v", err)
	}
}
