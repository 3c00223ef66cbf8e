package s3blob

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/go-json-experiment/json"

	"github.com/fluxa/fluxa/pkg/erase"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// VersionsClient is what Versions needs of *s3.Client.
type VersionsClient interface {
	ListObjectVersions(context.Context, *s3.ListObjectVersionsInput, ...func(*s3.Options)) (*s3.ListObjectVersionsOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error)
}

// Versions lists and removes payload objects with all their versions. In a bucket without
// versions each object has the one that S3 calls null. It is safe for concurrent use.
type Versions struct {
	client VersionsClient
	name   string
}

var _ erase.Blobs = (*Versions)(nil)

// versionsPage is how many versions of one object are asked for at once. More than one are
// rare: a request that was sent again.
const versionsPage = 100

// NewVersions returns the versions of a bucket. Returns an error when the name is missing.
func NewVersions(client VersionsClient, c Config) (*Versions, error) {
	if c.Bucket == "" {
		return nil, errors.New("s3blob: Bucket must be the name of a bucket, got \"\"")
	}
	return &Versions{client, c.Bucket}, nil
}

// marker is where a page of versions ends. S3 lists the versions of a key one after the
// other, the newest first.
type marker struct {
	Key     string `json:"key"`
	Version string `json:"version,omitzero"`
}

// Objects lists the payload objects under a prefix, in the order of their keys, of each the
// newest version that a page has. Keys that are not those of payloads, and keys of which
// nothing but delete markers is left, are passed over. Needs s3:ListBucketVersions. Returns
// a StorageUnavailable fault.
//
// ListObjectVersions: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
func (v *Versions) Objects(ctx context.Context, prefix, token string, limit int) (objects []erase.Object, next string, err error) {
	var after marker
	if token != "" {
		if err := json.Unmarshal([]byte(token), &after); err != nil {
			return nil, "", fault.Wrap(fault.InvalidValue, err, "the token of the page of objects cannot be read")
		}
	}
	page, err := v.page(ctx, prefix, after, limit)
	if err != nil {
		return nil, "", err
	}
	last := ""
	for _, version := range page.Versions {
		key := aws.ToString(version.Key)
		of, hash, ok := event.ParseObjectKey(key)
		if !ok || key == last {
			continue
		}
		last = key
		objects = append(objects, erase.Object{
			Identity: of, SHA256: hash, Key: key, Version: aws.ToString(version.VersionId), Modified: aws.ToTime(version.LastModified),
		})
	}
	if !aws.ToBool(page.IsTruncated) {
		return objects, "", nil
	}
	text, err := json.Marshal(marker{aws.ToString(page.NextKeyMarker), aws.ToString(page.NextVersionIdMarker)})
	if err != nil {
		return nil, "", fmt.Errorf("write the token of the next page: %w", err)
	}
	return objects, string(text), nil
}

func (v *Versions) page(ctx context.Context, prefix string, after marker, limit int) (*s3.ListObjectVersionsOutput, error) {
	in := &s3.ListObjectVersionsInput{Bucket: aws.String(v.name), Prefix: aws.String(prefix), MaxKeys: aws.Int32(int32(limit))}
	if after.Key != "" {
		in.KeyMarker = aws.String(after.Key)
	}
	if after.Version != "" {
		in.VersionIdMarker = aws.String(after.Version)
	}
	page, err := v.client.ListObjectVersions(ctx, in)
	if err != nil {
		return nil, fault.Wrap(fault.StorageUnavailable, fmt.Errorf("list the versions under %s of bucket %s: %w", prefix, v.name, err), "the objects cannot be listed")
	}
	return page, nil
}

// GetVersion reads one version of at most limit bytes, and when its event was received: zero
// when the object does not say so. Needs s3:GetObjectVersion. Returns the faults of
// Bucket.Get.
func (v *Versions) GetVersion(ctx context.Context, key, version string, limit int64) (payload []byte, received time.Time, err error) {
	out, err := v.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(v.name), Key: aws.String(key), VersionId: aws.String(version)})
	if err != nil {
		err = fmt.Errorf("get version %s of object %s from bucket %s: %w", version, key, v.name, err)
		if missing(err) || noSuchVersion(err) {
			return nil, received, fault.Wrap(fault.PayloadMissing, err, "the payload's object is gone")
		}
		return nil, received, unreadable(err)
	}
	// What cannot be read stays zero, as in an object of a release that did not say it.
	received, _ = time.Parse(time.RFC3339Nano, out.Metadata[metadataReceived])
	payload, err = download(out, v.name, key, limit)
	return payload, received, err
}

// Remove removes an object with all its versions and delete markers. It is no error when
// there are none. Needs s3:ListBucketVersions and s3:DeleteObjectVersion. Returns a
// StorageUnavailable fault, which leaves some of them.
//
// Deleting object versions from a versioning-enabled bucket
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
func (v *Versions) Remove(ctx context.Context, key string) error {
	for {
		// From the beginning each time: what comes first is the key's own, and what was
		// listed before is gone.
		page, err := v.page(ctx, key, marker{}, versionsPage)
		if err != nil {
			return err
		}
		versions := versionsOf(page, key)
		for _, version := range versions {
			_, err := v.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(v.name), Key: aws.String(key), VersionId: aws.String(version)})
			if err != nil && !missing(err) && !noSuchVersion(err) {
				return fault.Wrap(fault.StorageUnavailable, fmt.Errorf("delete version %s of object %s from bucket %s: %w", version, key, v.name, err), "the object cannot be deleted")
			}
		}
		if len(versions) == 0 || !aws.ToBool(page.IsTruncated) {
			return nil
		}
	}
}

// versionsOf returns those of the one key: others may begin with it.
func versionsOf(page *s3.ListObjectVersionsOutput, key string) (ids []string) {
	for _, version := range page.Versions {
		if aws.ToString(version.Key) == key {
			ids = append(ids, aws.ToString(version.VersionId))
		}
	}
	for _, deleted := range page.DeleteMarkers {
		if aws.ToString(deleted.Key) == key {
			ids = append(ids, aws.ToString(deleted.VersionId))
		}
	}
	return ids
}

func noSuchVersion(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorCode() == "NoSuchVersion"
}
