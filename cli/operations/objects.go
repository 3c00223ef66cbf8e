package operations

import (
	"context"

	"github.com/fluxa/fluxa/cli/objects"
	"github.com/fluxa/fluxa/cli/target"
)

// Objects returns a reader of what an operation leaves in S3.
func (t Target) Objects(ctx context.Context) (*objects.Reader, error) {
	if t.Name == "" {
		on, err := t.Find(ctx)
		if err != nil {
			return nil, err
		}
		return objects.New(on.AWS), nil
	}
	cfg, err := target.AWSConfig(ctx, t.Region, "")
	if err != nil {
		return nil, err
	}
	return objects.New(cfg), nil
}
