package s3

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	lockWait   = 2 * time.Second
	batchDelay = time.Millisecond
)

var (
	errNoBucket = errors.New("bucket does not exist")
	errNoObject = errors.New("object does not exist")
)

// object is what the index knows of a key. Blob is the name of the file with
// its bytes. Headers are those to give back with it.
type object struct {
	Blob     string            `json:"blob"`
	Size     int64             `json:"size"`
	MD5      []byte            `json:"md5"`
	Modified time.Time         `json:"modified"`
	Headers  map[string]string `json:"headers,omitempty"`
}

// store keeps blobs as files and the index of them in bbolt. It may be used by
// many goroutines at once.
type store struct {
	index  *bolt.DB
	blobs  string
	noSync bool
}

func bucketBuckets() []byte { return []byte("buckets") }
func bucketObjects() []byte { return []byte("objects") }

func openStore(dir string, noSync bool) (*store, error) {
	s := &store{blobs: filepath.Join(dir, "blobs"), noSync: noSync}
	if err := os.MkdirAll(s.blobs, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	path := filepath.Join(dir, "index.db")
	index, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout: lockWait, NoFreelistSync: true, FreelistType: bolt.FreelistMapType, NoSync: noSync,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("another process has %s open", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open the index: %w", err)
	}
	index.MaxBatchDelay = batchDelay
	s.index = index
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, index.Close())
	}
	if !noSync {
		if err := syncDir(dir); err != nil {
			return nil, errors.Join(err, index.Close())
		}
	}
	return s, nil
}

func (s *store) prepare() error {
	err := s.index.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketBuckets(), bucketObjects()} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return fmt.Errorf("make index bucket %s: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.removeOrphans()
}

// removeOrphans deletes blobs that no key points at.
func (s *store) removeOrphans() error {
	used := map[string]bool{}
	err := s.index.View(func(tx *bolt.Tx) error {
		objects := tx.Bucket(bucketObjects())
		return objects.ForEachBucket(func(name []byte) error {
			return objects.Bucket(name).ForEach(func(key, value []byte) error {
				o, err := decodeObject(key, value)
				used[o.Blob] = true
				return err
			})
		})
	})
	if err != nil {
		return fmt.Errorf("read the index: %w", err)
	}
	files, err := os.ReadDir(s.blobs)
	if err != nil {
		return fmt.Errorf("list the blobs: %w", err)
	}
	for _, f := range files {
		if used[f.Name()] {
			continue
		}
		if err := os.Remove(filepath.Join(s.blobs, f.Name())); err != nil {
			return fmt.Errorf("remove an orphaned blob: %w", err)
		}
	}
	return nil
}

func (s *store) close() error {
	if err := s.index.Close(); err != nil {
		return fmt.Errorf("close the index: %w", err)
	}
	return nil
}

// writeBlob streams a body into a new file and flushes it. When it returns an
// error the file is gone.
func (s *store) writeBlob(body io.Reader) (name string, err error) {
	name = uuid.NewString()
	path := filepath.Join(s.blobs, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("make a blob: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	_, err = io.Copy(f, body)
	if err == nil && !s.noSync {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil && !s.noSync {
		err = syncDir(s.blobs)
	}
	return name, err
}

// syncDir makes the names of new files as durable as what is in them.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open folder %s: %w", path, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("flush folder %s: %w", path, err)
	}
	return nil
}

func (s *store) removeBlobs(names ...string) error {
	var failed error
	for _, name := range names {
		if err := os.Remove(filepath.Join(s.blobs, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, fmt.Errorf("remove a blob: %w", err))
		}
	}
	return failed
}

// put points a key at a blob that is written, and removes what it pointed at
// before. The check sees the object that is there, or nil; its error refuses the
// put. Returns errNoBucket.
func (s *store) put(bucket, key string, o object, check func(*object) error) error {
	value, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("encode the index entry of %s: %w", key, err)
	}
	var replaced string
	err = s.index.Batch(func(tx *bolt.Tx) error {
		replaced = ""
		objects := tx.Bucket(bucketObjects()).Bucket([]byte(bucket))
		if objects == nil {
			return errNoBucket
		}
		var before *object
		if old := objects.Get([]byte(key)); old != nil {
			decoded, err := decodeObject([]byte(key), old)
			if err != nil {
				return err
			}
			before, replaced = &decoded, decoded.Blob
		}
		if err := check(before); err != nil {
			return err
		}
		return objects.Put([]byte(key), value)
	})
	if err != nil {
		return err
	}
	if replaced != "" {
		return s.removeBlobs(replaced)
	}
	return nil
}

// get returns what the index knows. Returns errNoBucket and errNoObject.
func (s *store) get(bucket, key string) (object, error) {
	var o object
	err := s.index.View(func(tx *bolt.Tx) error {
		objects := tx.Bucket(bucketObjects()).Bucket([]byte(bucket))
		if objects == nil {
			return errNoBucket
		}
		value := objects.Get([]byte(key))
		if value == nil {
			return errNoObject
		}
		var err error
		o, err = decodeObject([]byte(key), value)
		return err
	})
	return o, err
}

// open returns an object with its bytes. An overwrite may remove the file
// between the look into the index and the opening; then there is a new one.
func (s *store) open(bucket, key string) (object, *os.File, error) {
	for gone := ""; ; {
		o, err := s.get(bucket, key)
		if err != nil {
			return object{}, nil, err
		}
		f, err := os.Open(filepath.Join(s.blobs, o.Blob))
		if err == nil {
			return o, f, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || o.Blob == gone {
			return object{}, nil, fmt.Errorf("open the bytes of %s/%s: %w", bucket, key, err)
		}
		gone = o.Blob
	}
}

// remove deletes keys; those that are not there are no error. Returns
// errNoBucket.
func (s *store) remove(bucket string, keys ...string) error {
	var blobs []string
	err := s.index.Batch(func(tx *bolt.Tx) error {
		blobs = blobs[:0]
		objects := tx.Bucket(bucketObjects()).Bucket([]byte(bucket))
		if objects == nil {
			return errNoBucket
		}
		for _, key := range keys {
			value := objects.Get([]byte(key))
			if value == nil {
				continue
			}
			o, err := decodeObject([]byte(key), value)
			if err != nil {
				return err
			}
			blobs = append(blobs, o.Blob)
			if err := objects.Delete([]byte(key)); err != nil {
				return fmt.Errorf("delete the index entry of %s: %w", key, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.removeBlobs(blobs...)
}

func decodeObject(key, value []byte) (object, error) {
	var o object
	if err := json.Unmarshal(value, &o); err != nil {
		return object{}, fmt.Errorf("decode the index entry of %s: %w", key, err)
	}
	return o, nil
}
