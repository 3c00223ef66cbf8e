package s3

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The folders below Config.Dir: one folder a bucket, and files on their way there.
const (
	bucketsFolder = "buckets"
	newFolder     = "new"
)

// object is what is known of a key. Headers are given back with it; the checksums
// among them only to those who ask.
type object struct {
	Key      string
	ETag     string
	Modified time.Time
	Headers  map[string]string
	Size     int64 `json:"-"` // of its bytes, which are the rest of the file
}

func (s *Server) bucketPath(bucket string) string {
	return filepath.Join(s.dir, bucketsFolder, bucket)
}

// objectPath names the file of a key by a hash: a key may be longer than a file's
// name, and hold any character.
func (s *Server) objectPath(bucket, key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(s.bucketPath(bucket), hex.EncodeToString(sum[:]))
}

func (s *Server) bucketExists(bucket string) bool {
	info, err := os.Stat(s.bucketPath(bucket))
	return bucketName.MatchString(bucket) && err == nil && info.IsDir()
}

// put writes an object. With onlyNew it returns errExists where the key is taken.
func (s *Server) put(bucket string, o object, body []byte, onlyNew bool) error {
	head, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("encode object %s: %w", o.Key, err)
	}
	f, err := os.CreateTemp(filepath.Join(s.dir, newFolder), "")
	if err != nil {
		return fmt.Errorf("write object %s: %w", o.Key, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // it was renamed, unless something failed
	_, err = f.Write(slices.Concat(head, []byte{'\n'}, body))
	if err == nil && !s.noSync {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write object %s: %w", o.Key, err)
	}
	place := os.Rename
	if onlyNew {
		place = os.Link
	}
	err = place(f.Name(), s.objectPath(bucket, o.Key))
	if errors.Is(err, fs.ErrExist) {
		return errExists
	}
	if err != nil {
		return fmt.Errorf("put object %s in its place: %w", o.Key, err)
	}
	return s.flush(s.bucketPath(bucket))
}

// open returns an object and its bytes. Returns errNoKey.
func (s *Server) open(bucket, key string) (object, *io.SectionReader, io.Closer, error) {
	return openFile(s.objectPath(bucket, key))
}

func openFile(path string) (object, *io.SectionReader, io.Closer, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return object{}, nil, nil, errNoKey
	}
	if err != nil {
		return object{}, nil, nil, fmt.Errorf("open an object: %w", err)
	}
	var o object
	line, readErr := bufio.NewReader(f).ReadBytes('\n')
	info, statErr := f.Stat()
	if err := errors.Join(readErr, statErr, json.Unmarshal(line, &o)); err != nil {
		return object{}, nil, nil, errors.Join(fmt.Errorf("read object %s: %w", path, err), f.Close())
	}
	o.Size = info.Size() - int64(len(line))
	return o, io.NewSectionReader(f, int64(len(line)), o.Size), f, nil
}

// remove deletes a key; one that is not there is no error.
func (s *Server) remove(bucket, key string) error {
	if err := os.Remove(s.objectPath(bucket, key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete object %s: %w", key, err)
	}
	return s.flush(s.bucketPath(bucket))
}

// objects returns a bucket's objects by their keys.
func (s *Server) objects(bucket string) ([]object, error) {
	files, err := os.ReadDir(s.bucketPath(bucket))
	if err != nil {
		return nil, fmt.Errorf("list bucket %s: %w", bucket, err)
	}
	var out []object
	for _, file := range files {
		o, _, closer, err := openFile(filepath.Join(s.bucketPath(bucket), file.Name()))
		if errors.Is(err, errNoKey) {
			continue // deleted in this moment
		}
		if err == nil {
			err = closer.Close()
		}
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b object) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}

// flush makes the names in a folder as durable as what is in the files.
func (s *Server) flush(folder string) error {
	if s.noSync {
		return nil
	}
	f, err := os.Open(folder)
	if err != nil {
		return fmt.Errorf("open folder %s: %w", folder, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("flush folder %s: %w", folder, err)
	}
	return nil
}
