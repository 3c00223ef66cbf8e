package s3blob

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/export"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Exports reads and writes the files of exports, in the bucket of the payloads, under
// contract.ExportPrefix. It is safe for concurrent use.
type Exports struct {
	client Client
	name   string
}

var _ export.Files = (*Exports)(nil)

// Exports returns the files of exports in the bucket.
func (b *Bucket) Exports() *Exports { return &Exports{b.client, b.name} }

// Bucket returns the bucket's name.
func (e *Exports) Bucket() string { return e.name }

// Write stores a file whole, or nothing: S3 compares what arrived with the hash. Writing
// the same file again changes nothing. Path is below contract.ExportPrefix. Needs
// s3:PutObject. Returns a StorageUnavailable fault.
func (e *Exports) Write(ctx context.Context, path, contentType string, body export.Body, sha256Hex string) error {
	in, err := upload(e.name, contract.ExportPrefix+path, contentType, body, sha256Hex)
	if err != nil {
		return err
	}
	if _, err := e.client.PutObject(ctx, in); err != nil {
		return fault.Wrap(fault.StorageUnavailable, fmt.Errorf("put object %s into bucket %s: %w", aws.ToString(in.Key), e.name, err),
			"the file cannot be stored")
	}
	return nil
}

// Read reads a file of at most limit bytes. Needs s3:GetObject and s3:ListBucket, as
// Bucket.Get does. Returns a NotFound, a PayloadTooLarge or a StorageUnavailable fault.
func (e *Exports) Read(ctx context.Context, path string, limit int64) ([]byte, error) {
	key := contract.ExportPrefix + path
	out, err := e.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(e.name), Key: aws.String(key)})
	if err != nil {
		err = fmt.Errorf("get object %s from bucket %s: %w", key, e.name, err)
		if missing(err) {
			return nil, fault.Wrap(fault.NotFound, err, "the file is not there")
		}
		return nil, fault.Wrap(fault.StorageUnavailable, err, "the file cannot be read")
	}
	return download(out, e.name, key, limit)
}
