package objects

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	listTimeout = 5 * time.Minute

	// listLimit bounds the objects of one list, all of which are in memory.
	listLimit = 1_000_000
)

// Object is one object of a list. ETag is another one when its bytes are.
type Object struct {
	Location
	Size int64
	ETag string
}

// List returns the objects whose keys begin as the location's, in the order of their keys.
// Those that stand for an empty folder are left out.
func (r *Reader) List(ctx context.Context, prefix Location) ([]Object, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	var out []Object
	pages := s3.NewListObjectsV2Paginator(r.client, &s3.ListObjectsV2Input{Bucket: aws.String(prefix.Bucket), Prefix: aws.String(prefix.Key)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", prefix, err)
		}
		for _, o := range page.Contents {
			if key := aws.ToString(o.Key); !strings.HasSuffix(key, "/") {
				out = append(out, Object{Location{prefix.Bucket, key}, aws.ToInt64(o.Size), aws.ToString(o.ETag)})
			}
		}
		if len(out) > listLimit {
			return nil, fmt.Errorf("list %s: there are more than %d objects: give a longer prefix", prefix, listLimit)
		}
	}
	slices.SortFunc(out, func(a, b Object) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}
