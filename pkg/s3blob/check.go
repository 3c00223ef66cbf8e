package s3blob

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// checkKey is a key at which there is never an object: no event has a name of two parts.
const checkKey = contract.ObjectPrefix + "check/none/none.json"

// CheckPut reports whether the bucket takes payloads, by putting one whose hash is
// another's, which S3 refuses
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
// Returns what awsclient.Reached does, as a StorageUnavailable fault.
func (b *Bucket) CheckPut(ctx context.Context) error {
	const ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if err := awsclient.Reached(b.Put(ctx, checkKey, []byte("{}"), ofNothing, time.Now())); err != nil {
		return fault.Wrap(fault.StorageUnavailable, fmt.Errorf("put a payload with a wrong hash: %w", err), "the payload cannot be stored")
	}
	return nil
}

// CheckGet reports whether payloads can be read, by reading one that is not there. With
// both rights that Get needs S3 says so; else it says 403. Returns a StorageUnavailable
// fault.
func (b *Bucket) CheckGet(ctx context.Context) error {
	_, err := b.Get(ctx, checkKey, 0)
	switch {
	case fault.CodeOf(err) == fault.PayloadMissing:
		return nil
	case err == nil:
		return unreadable(errors.New("an object is there that nobody puts: " + checkKey))
	}
	return err
}
