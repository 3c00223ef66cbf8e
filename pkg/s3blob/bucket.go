// Package s3blob keeps payloads that are too large for the queue in an Amazon S3
// bucket.
package s3blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/fluxa/fluxa/pkg/export"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/ingest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/query"
)

// Client is what Bucket needs of *s3.Client.
type Client interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

var _ Client = (*s3.Client)(nil)

// metadataReceived names the metadata that says when ingest received the event.
const metadataReceived = "received-at"

// NewClient returns a client for a Bucket. With an endpoint of its own, such as
// an emulator's, it puts the bucket's name into the path, since the host name of
// such an endpoint seldom has one a bucket.
func NewClient(c aws.Config) *s3.Client {
	return s3.NewFromConfig(c, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil
		o.DisableLogOutputChecksumValidationSkipped = true
	})
}

// Config names the bucket; it is required.
type Config struct {
	Bucket string
}

// Bucket reads and writes payload objects. It is safe for concurrent use.
type Bucket struct {
	client Client
	name   string
}

var (
	_ ingest.Blobs  = (*Bucket)(nil)
	_ process.Blobs = (*Bucket)(nil)
	_ query.Blobs   = (*Bucket)(nil)

	_ export.Payloads = (*Bucket)(nil)
)

// New returns a bucket. Returns an error when the name is missing.
func New(client Client, c Config) (*Bucket, error) {
	if c.Bucket == "" {
		return nil, errors.New("s3blob: Bucket must be the name of a bucket, got \"\"")
	}
	return &Bucket{client, c.Bucket}, nil
}

// Bucket returns the bucket's name.
func (b *Bucket) Bucket() string { return b.name }

// Put writes the payload under the key, encrypted as the bucket has it, and with it when
// its event was received. S3 compares what arrived with the hash and stores nothing when
// they differ. Writing the same payload again changes nothing but that time. Needs
// s3:PutObject.
//
// Returns a StorageUnavailable fault, and an Internal one when sha256Hex is not
// a SHA-256 in hex.
func (b *Bucket) Put(ctx context.Context, key string, payload []byte, sha256Hex string, received time.Time) error {
	in, err := upload(b.name, key, "application/json", bytes.NewReader(payload), sha256Hex)
	if err != nil {
		return err
	}
	in.Metadata = map[string]string{"payload-sha256": sha256Hex, metadataReceived: received.UTC().Format(time.RFC3339Nano)}
	_, err = b.client.PutObject(ctx, in)
	if err != nil {
		return fault.Wrap(fault.StorageUnavailable, fmt.Errorf("put object %s into bucket %s: %w", key, b.name, err),
			"the payload cannot be stored")
	}
	return nil
}

// upload is the request that stores a body which has a hash.
func upload(bucket, key, contentType string, body export.Body, sha256Hex string) (*s3.PutObjectInput, error) {
	sum, err := hex.DecodeString(sha256Hex)
	if err != nil || len(sum) != 32 {
		return nil, fault.Newf(fault.Internal, "the hash of object %s is not a SHA-256 in hex", key)
	}
	return &s3.PutObjectInput{
		Bucket:         aws.String(bucket),
		Key:            aws.String(key),
		Body:           body,
		ContentLength:  aws.Int64(body.Size()),
		ContentType:    aws.String(contentType),
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum)),
	}, nil
}

// Get reads an object of at most limit bytes. Needs s3:GetObject, and
// s3:ListBucket on the bucket as well: without that S3 answers 403 for a key that
// is not there, which cannot be told from a missing grant.
//
// Returns a PayloadMissing fault only when S3 says that the key is not there, a
// PayloadTooLarge one when the object is larger than limit, and
// StorageUnavailable for all else, 403 and a missing bucket included: those are
// faults of the deployment, for which no event is given up.
func (b *Bucket) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(b.name), Key: aws.String(key)})
	if err != nil {
		err = fmt.Errorf("get object %s from bucket %s: %w", key, b.name, err)
		if missing(err) {
			return nil, fault.Wrap(fault.PayloadMissing, err, "the payload's object is gone")
		}
		return nil, unreadable(err)
	}
	return download(out, b.name, key, limit)
}

// download reads the body of an object.
func download(out *s3.GetObjectOutput, bucket, key string, limit int64) ([]byte, error) {
	// The object is read or given up by then; an error of closing it says nothing more.
	defer func() { _ = out.Body.Close() }()
	tooLarge := func() error {
		return fault.Newf(fault.PayloadTooLarge, "the payload's object is larger than %d bytes", limit)
	}
	if aws.ToInt64(out.ContentLength) > limit {
		return nil, tooLarge()
	}
	buffer := bytes.NewBuffer(make([]byte, 0, aws.ToInt64(out.ContentLength)+bytes.MinRead)) // as much as is told
	_, err := buffer.ReadFrom(io.LimitReader(out.Body, limit+1))
	payload := buffer.Bytes()
	switch {
	case err != nil:
		return nil, unreadable(fmt.Errorf("read object %s of bucket %s: %w", key, bucket, err))
	case int64(len(payload)) > limit:
		return nil, tooLarge()
	}
	return payload, nil
}

// Sum returns the SHA-256 of an object's bytes, in lower-case hex, and holds none of them in
// memory. Needs what Get needs.
//
// Returns a PayloadMissing fault as Get does, a Forbidden one when S3 answers 403, and
// StorageUnavailable for all else.
func (b *Bucket) Sum(ctx context.Context, key string) (string, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(b.name), Key: aws.String(key)})
	if err != nil {
		err = fmt.Errorf("get object %s from bucket %s: %w", key, b.name, err)
		if missing(err) {
			return "", fault.Wrap(fault.PayloadMissing, err, "the payload's object is gone")
		}
		if answer, ok := errors.AsType[*awshttp.ResponseError](err); ok && answer.HTTPStatusCode() == http.StatusForbidden {
			return "", fault.Wrap(fault.Forbidden, err, "the payload's object may not be read")
		}
		return "", unreadable(err)
	}
	// The object is read or given up by then; an error of closing it says nothing more.
	defer func() { _ = out.Body.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, out.Body); err != nil {
		return "", unreadable(fmt.Errorf("read object %s of bucket %s: %w", key, b.name, err))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func unreadable(err error) error {
	return fault.Wrap(fault.StorageUnavailable, err, "the payload cannot be read")
}

// missing reports whether S3 said that the key is not there. An answer without a
// body has only its status, which the SDK turns into the code NotFound.
func missing(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	switch api.ErrorCode() {
	case "NoSuchKey", "NotFound", http.StatusText(http.StatusNotFound):
		return true
	}
	return false
}
