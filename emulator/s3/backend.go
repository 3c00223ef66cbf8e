package s3

import (
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
	bolt "go.etcd.io/bbolt"
)

// backend is the storage as gofakes3 wants to see it.
type backend struct{ store *store }

var _ gofakes3.Backend = (*backend)(nil)

func (b *backend) CreateBucket(name string) error {
	return b.store.index.Update(func(tx *bolt.Tx) error {
		buckets := tx.Bucket(bucketBuckets())
		if buckets.Get([]byte(name)) != nil {
			return gofakes3.ResourceError(gofakes3.ErrBucketAlreadyExists, name)
		}
		created, err := time.Now().UTC().MarshalText()
		if err != nil {
			return fmt.Errorf("encode the time of bucket %s: %w", name, err)
		}
		if _, err := tx.Bucket(bucketObjects()).CreateBucket([]byte(name)); err != nil {
			return fmt.Errorf("make bucket %s: %w", name, err)
		}
		return buckets.Put([]byte(name), created)
	})
}

func (b *backend) BucketExists(name string) (bool, error) {
	exists := false
	err := b.store.index.View(func(tx *bolt.Tx) error {
		exists = tx.Bucket(bucketBuckets()).Get([]byte(name)) != nil
		return nil
	})
	return exists, err
}

func (b *backend) ListBuckets() ([]gofakes3.BucketInfo, error) {
	var infos []gofakes3.BucketInfo
	err := b.store.index.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketBuckets()).ForEach(func(name, value []byte) error {
			var created time.Time
			if err := created.UnmarshalText(value); err != nil {
				return fmt.Errorf("decode the time of bucket %s: %w", name, err)
			}
			infos = append(infos, gofakes3.BucketInfo{Name: string(name), CreationDate: gofakes3.NewContentTime(created)})
			return nil
		})
	})
	return infos, err
}

func (b *backend) DeleteBucket(name string) error { return b.deleteBucket(name, false) }

func (b *backend) ForceDeleteBucket(name string) error { return b.deleteBucket(name, true) }

func (b *backend) deleteBucket(name string, force bool) error {
	var blobs []string
	err := b.store.index.Update(func(tx *bolt.Tx) error {
		objects := tx.Bucket(bucketObjects()).Bucket([]byte(name))
		if objects == nil {
			return gofakes3.BucketNotFound(name)
		}
		err := objects.ForEach(func(key, value []byte) error {
			if !force {
				return gofakes3.ResourceError(gofakes3.ErrBucketNotEmpty, name)
			}
			o, err := decodeObject(key, value)
			blobs = append(blobs, o.Blob)
			return err
		})
		if err != nil {
			return err
		}
		return errors.Join(
			tx.Bucket(bucketObjects()).DeleteBucket([]byte(name)),
			tx.Bucket(bucketBuckets()).Delete([]byte(name)),
		)
	})
	if err != nil {
		return err
	}
	return b.store.removeBlobs(blobs...)
}

func (b *backend) HeadObject(bucket, key string) (*gofakes3.Object, error) {
	o, err := b.store.get(bucket, key)
	if err != nil {
		return nil, asS3Error(err, bucket, key)
	}
	return shown(key, o, io.NopCloser(strings.NewReader(""))), nil
}

func (b *backend) GetObject(bucket, key string, wanted *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	o, f, err := b.store.open(bucket, key)
	if err != nil {
		return nil, asS3Error(err, bucket, key)
	}
	part, err := wanted.Range(o.Size)
	if err != nil {
		return nil, asS3Error(errors.Join(err, f.Close()), bucket, key)
	}
	out := shown(key, o, f)
	if part != nil {
		out.Range = part
		out.Contents = readCloser{io.NewSectionReader(f, part.Start, part.Length), f}
	}
	return out, nil
}

type readCloser struct {
	io.Reader
	io.Closer
}

func shown(key string, o object, contents io.ReadCloser) *gofakes3.Object {
	headers := maps.Clone(o.Headers)
	if headers == nil {
		headers = map[string]string{}
	}
	headers["Last-Modified"] = o.Modified.UTC().Format(http.TimeFormat)
	return &gofakes3.Object{Name: key, Metadata: headers, Size: o.Size, Hash: o.MD5, Contents: contents}
}

func (b *backend) PutObject(bucket, key string, meta map[string]string, body io.Reader, size int64, conditions *gofakes3.PutConditions) (gofakes3.PutObjectResult, error) {
	var result gofakes3.PutObjectResult
	sum, crc := md5.New(), crc32.NewIEEE()
	counted := &counter{reader: io.TeeReader(body, io.MultiWriter(sum, crc))}
	blob, err := b.store.writeBlob(counted)
	if err != nil {
		return result, asS3Error(err, bucket, key)
	}
	if counted.n != size {
		return result, asS3Error(errors.Join(gofakes3.ErrIncompleteBody, b.store.removeBlobs(blob)), bucket, key)
	}
	o := object{Blob: blob, Size: size, MD5: sum.Sum(nil), Modified: time.Now(), Headers: keptHeaders(meta)}
	o.Headers["X-Amz-Checksum-Crc32"] = base64.StdEncoding.EncodeToString(crc.Sum(nil))
	err = b.store.put(bucket, key, o, func(before *object) error {
		if conditions == nil {
			return nil
		}
		info := &gofakes3.ConditionalObjectInfo{Exists: before != nil}
		if before != nil {
			info.Hash = before.MD5
		}
		return gofakes3.CheckPutConditions(conditions, info)
	})
	if err == nil {
		return result, nil
	}
	// A failure after the commit would make the blob one that a key points at.
	if current, getErr := b.store.get(bucket, key); getErr == nil && current.Blob == blob {
		return result, err
	}
	if removeErr := b.store.removeBlobs(blob); removeErr != nil {
		return result, errors.Join(err, removeErr)
	}
	return result, asS3Error(err, bucket, key)
}

type counter struct {
	reader io.Reader
	n      int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.reader.Read(p)
	c.n += int64(n)
	return n, err
}

// keptHeaders drops what belongs to the request and not to the object.
func keptHeaders(meta map[string]string) map[string]string {
	kept := map[string]string{}
	for name, value := range meta {
		name = http.CanonicalHeaderKey(name)
		switch {
		case strings.HasPrefix(name, "X-Amz-Meta-"), name == "Content-Type", name == "Content-Disposition":
			kept[name] = value
		case name == "Content-Encoding":
			if value := withoutAWSChunked(value); value != "" {
				kept[name] = value
			}
		case checksumOf(name) != nil:
			kept[name] = value
		}
	}
	return kept
}

func (b *backend) CopyObject(fromBucket, fromKey, toBucket, toKey string, meta map[string]string) (gofakes3.CopyObjectResult, error) {
	return gofakes3.CopyObject(b, fromBucket, fromKey, toBucket, toKey, meta)
}

func (b *backend) DeleteObject(bucket, key string) (gofakes3.ObjectDeleteResult, error) {
	return gofakes3.ObjectDeleteResult{}, asS3Error(b.store.remove(bucket, key), bucket, key)
}

func (b *backend) DeleteMulti(bucket string, keys ...string) (gofakes3.MultiDeleteResult, error) {
	var result gofakes3.MultiDeleteResult
	if err := b.store.remove(bucket, keys...); err != nil {
		return result, asS3Error(err, bucket, "")
	}
	for _, key := range keys {
		result.Deleted = append(result.Deleted, gofakes3.ObjectID{Key: key})
	}
	return result, nil
}

// asS3Error gives gofakes3 the error types it knows, which it compares without
// unwrapping.
func asS3Error(err error, bucket, key string) error {
	var response *gofakes3.ErrorResponse
	var code gofakes3.ErrorCode
	switch {
	case errors.Is(err, errNoBucket):
		return gofakes3.BucketNotFound(bucket)
	case errors.Is(err, errNoObject):
		return gofakes3.KeyNotFound(key)
	case errors.As(err, &response):
		return response
	case errors.As(err, &code):
		return code
	}
	return err
}
