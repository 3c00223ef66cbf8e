package s3blob_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/s3blob"
)

// version is one entry of a bucket that keeps versions; deleted is a delete marker.
type version struct {
	key, id string
	deleted bool
}

// versioned is such a bucket, in the order in which S3 lists it.
type versioned struct {
	versions []version
	fail     string // the version whose deletion fails
}

func (v *versioned) ListObjectVersions(_ context.Context, in *s3.ListObjectVersionsInput, _ ...func(*s3.Options)) (*s3.ListObjectVersionsOutput, error) {
	out := &s3.ListObjectVersionsOutput{IsTruncated: aws.Bool(false)}
	passed, listed := in.KeyMarker == nil, int32(0)
	for _, entry := range v.versions {
		switch {
		case !passed:
			passed = entry.key == aws.ToString(in.KeyMarker) && entry.id == aws.ToString(in.VersionIdMarker)
			continue
		case !strings.HasPrefix(entry.key, aws.ToString(in.Prefix)):
			continue
		case listed == aws.ToInt32(in.MaxKeys):
			out.IsTruncated = aws.Bool(true)
			return out, nil
		}
		listed++
		out.NextKeyMarker, out.NextVersionIdMarker = aws.String(entry.key), aws.String(entry.id)
		if entry.deleted {
			out.DeleteMarkers = append(out.DeleteMarkers, types.DeleteMarkerEntry{Key: aws.String(entry.key), VersionId: aws.String(entry.id)})
		} else {
			out.Versions = append(out.Versions, types.ObjectVersion{Key: aws.String(entry.key), VersionId: aws.String(entry.id), LastModified: aws.Time(time.Unix(1, 0))})
		}
	}
	return out, nil
}

func (v *versioned) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	for _, entry := range v.versions {
		if entry.key == *in.Key && entry.id == *in.VersionId && !entry.deleted {
			out := &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(entry.id))}
			if entry.id == "2" { // of a release that says so
				out.Metadata = map[string]string{"received-at": received.Format(time.RFC3339Nano)}
			}
			return out, nil
		}
	}
	return nil, &smithy.GenericAPIError{Code: "NoSuchVersion"}
}

func (v *versioned) DeleteObject(_ context.Context, in *s3.DeleteObjectInput, _ ...func(*s3.Options)) (*s3.DeleteObjectOutput, error) {
	if *in.VersionId == v.fail {
		return nil, &smithy.GenericAPIError{Code: "SlowDown"}
	}
	for i, entry := range v.versions {
		if entry.key == *in.Key && entry.id == *in.VersionId {
			v.versions = append(v.versions[:i:i], v.versions[i+1:]...)
			break
		}
	}
	return &s3.DeleteObjectOutput{}, nil
}

func keyOf(id string) string { return event.ObjectKey(event.Identity{ID: id}, event.Hash(nil)) }

func newVersions(t *testing.T, client s3blob.VersionsClient) *s3blob.Versions {
	t.Helper()
	versions, err := s3blob.NewVersions(client, s3blob.Config{Bucket: "payloads"})
	if err != nil {
		t.Fatal(err)
	}
	return versions
}

func TestVersions_Remove_leaves_no_version_and_no_other_object(t *testing.T) {
	t.Parallel()
	bucket := &versioned{}
	for n := range 250 { // more than a page
		bucket.versions = append(bucket.versions, version{keyOf("a"), fmt.Sprint(n), n%3 == 0})
	}
	bucket.versions = append(bucket.versions, version{keyOf("a") + ".other", "x", false}, version{keyOf("b"), "x", false})
	bucket.fail = "240"
	if err := newVersions(t, bucket).Remove(t.Context(), keyOf("a")); fault.CodeOf(err) != fault.StorageUnavailable {
		t.Errorf("one cannot be deleted: %v", err)
	}
	bucket.fail = ""
	for range 2 {
		if err := newVersions(t, bucket).Remove(t.Context(), keyOf("a")); err != nil || len(bucket.versions) != 2 {
			t.Errorf("%d versions are left, %v", len(bucket.versions), err)
		}
	}
}

func TestVersions_Objects_has_the_newest_version_of_each(t *testing.T) {
	t.Parallel()
	bucket := &versioned{versions: []version{
		{keyOf("a"), "2", false}, {keyOf("a"), "1", false}, {keyOf("b"), "2", true}, {keyOf("b"), "1", false},
		{keyOf("c"), "1", true}, {"raw/notes.txt", "1", false}, {keyOf("z"), "1", false}, {"exports/x", "1", false},
	}}
	versions := newVersions(t, bucket)
	for _, limit := range []int{1, 2, 3, 100} {
		found := map[string]string{}
		token := ""
		for {
			page, next, err := versions.Objects(t.Context(), "raw/", token, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range page {
				if _, twice := found[o.ID]; !twice {
					found[o.ID] = o.Version
				}
				payload, at, err := versions.GetVersion(t.Context(), o.Key, o.Version, 10)
				if err != nil || string(payload) != o.Version {
					t.Errorf("%s: %q, %v", o.Key, payload, err)
				}
				if says := o.Version == "2"; says != at.Equal(received) || says == at.IsZero() {
					t.Errorf("version %s of %s was received at %s", o.Version, o.Key, at)
				}
			}
			if token = next; next == "" {
				break
			}
		}
		if len(found) != 3 || found["a"] != "2" || found["b"] != "1" || found["z"] != "1" {
			t.Errorf("pages of %d: found %v", limit, found)
		}
	}
	if _, _, err := versions.GetVersion(t.Context(), keyOf("a"), "9", 10); fault.CodeOf(err) != fault.PayloadMissing {
		t.Errorf("no such version: %v", err)
	}
	if _, _, err := versions.Objects(t.Context(), "raw/", "{", 1); fault.CodeOf(err) != fault.InvalidValue {
		t.Errorf("no token: %v", err)
	}
}
