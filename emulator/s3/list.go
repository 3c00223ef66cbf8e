package s3

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/johannesboyne/gofakes3"
	bolt "go.etcd.io/bbolt"
)

// ListBucket walks the keys in order from the marker, jumping over everything
// below a common prefix. The marker of the next page is the last key that this
// page covers.
func (b *backend) ListBucket(bucket string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	if prefix == nil {
		prefix = &gofakes3.Prefix{}
	}
	list := gofakes3.NewObjectList()
	err := b.store.index.View(func(tx *bolt.Tx) error {
		objects := tx.Bucket(bucketObjects()).Bucket([]byte(bucket))
		if objects == nil {
			return gofakes3.BucketNotFound(bucket)
		}
		return walk(objects.Cursor(), *prefix, page, list)
	})
	return list, err
}

func walk(c *bolt.Cursor, prefix gofakes3.Prefix, page gofakes3.ListBucketPage, list *gofakes3.ObjectList) error {
	start := []byte(prefix.Prefix)
	if page.HasMarker && page.Marker >= prefix.Prefix {
		start = append([]byte(page.Marker), 0) // the first key after the marker
	}
	covered := ""
	key, value := c.Seek(start)
	for n := int64(0); key != nil && bytes.HasPrefix(key, []byte(prefix.Prefix)); n++ {
		if page.MaxKeys > 0 && n == page.MaxKeys {
			list.IsTruncated, list.NextMarker = true, covered
			return nil
		}
		if group, ok := commonPrefix(string(key), prefix); ok {
			list.AddPrefix(group)
			var last []byte
			key, value, last = skip(c, key, group)
			covered = string(last)
			continue
		}
		o, err := decodeObject(key, value)
		if err != nil {
			return fmt.Errorf("list objects: %w", err)
		}
		covered = string(key)
		list.Add(&gofakes3.Content{
			Key:          covered,
			ETag:         gofakes3.FormatETag(o.MD5),
			Size:         o.Size,
			LastModified: gofakes3.NewContentTime(o.Modified.UTC()),
		})
		key, value = c.Next()
	}
	return nil
}

// commonPrefix returns the part of a key up to the first delimiter after the
// prefix.
func commonPrefix(key string, prefix gofakes3.Prefix) (string, bool) {
	if !prefix.HasDelimiter {
		return "", false
	}
	rest := key[len(prefix.Prefix):]
	i := strings.Index(rest, prefix.Delimiter)
	if i < 0 {
		return "", false
	}
	return key[:len(prefix.Prefix)+i+len(prefix.Delimiter)], true
}

// skip moves past all keys of a group and returns the next key and the last one
// of the group.
func skip(c *bolt.Cursor, key []byte, group string) (next, value, last []byte) {
	for next = key; next != nil && bytes.HasPrefix(next, []byte(group)); {
		last = next
		next, value = c.Next()
	}
	return next, value, last
}
