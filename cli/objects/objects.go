// Package objects reads objects of S3 for commands: those of the local stack, or of AWS
// with the credentials of the environment.
package objects

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/cenkalti/backoff/v5"

	"github.com/fluxa/fluxa/pkg/s3blob"
)

// Location is an object, or what the keys of several begin with.
type Location struct{ Bucket, Key string }

// String returns the location as Parse reads it.
func (l Location) String() string { return "s3://" + l.Bucket + "/" + l.Key }

// Scheme begins the text of a Location.
const Scheme = "s3://"

// Parse reads s3://BUCKET/KEY. A text that does not begin so is not one.
func Parse(text string) (Location, bool) {
	rest, ok := strings.CutPrefix(text, Scheme)
	if !ok {
		return Location{}, false
	}
	bucket, key, _ := strings.Cut(rest, "/")
	return Location{bucket, key}, true
}

// Reader reads objects. It is safe for concurrent use.
type Reader struct{ client *s3.Client }

// New returns a reader of the objects that the settings reach, the local stack's among them.
func New(cfg aws.Config) *Reader { return &Reader{s3blob.NewClient(cfg)} }

const (
	// readTimeout bounds one try to read an object of up to some dozen MiB.
	readTimeout = 5 * time.Minute
	tries       = 5
)

// Download reads an object into a file whose SHA-256 is known, in hex, and whose folder
// need not exist. A file that has that hash already is left as it is; what differs from
// it is never left under the name.
func (r *Reader) Download(ctx context.Context, from Location, path, sha256Hex string) error {
	if sum, err := hashOf(path); err == nil && sum == sha256Hex {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.MaxInterval = 500*time.Millisecond, 10*time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		return struct{}{}, r.download(ctx, from, path, sha256Hex)
	}, backoff.WithBackOff(waits), backoff.WithMaxTries(tries))
	return err
}

func (r *Reader) download(ctx context.Context, from Location, path, sha256Hex string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	body, err := r.Open(ctx, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	file, err := os.CreateTemp(filepath.Dir(path), ".fluxa-*")
	if err != nil {
		return backoff.Permanent(fmt.Errorf("make a file: %w", err))
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(file, hash), body)
	if err = errors.Join(err, file.Close()); err == nil {
		if got := hex.EncodeToString(hash.Sum(nil)); got != sha256Hex {
			err = fmt.Errorf("its SHA-256 is %s, the manifest says %s", got, sha256Hex)
		}
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("read %s into %s: %w", from, path, err), os.Remove(file.Name()))
	}
	return nil
}

func hashOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, err = io.Copy(hash, file)
	return hex.EncodeToString(hash.Sum(nil)), errors.Join(err, file.Close())
}

// Open begins to read an object. The caller closes it.
func (r *Reader) Open(ctx context.Context, from Location) (io.ReadCloser, error) {
	out, err := r.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(from.Bucket), Key: aws.String(from.Key)})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", from, err)
	}
	return out.Body, nil
}
