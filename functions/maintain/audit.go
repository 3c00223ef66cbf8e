package main

import (
	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/audit"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/operate"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/s3blob"
)

func auditOf(base boot.Base, c config.Reach, store *pgstore.Store) (operate.Operation, error) {
	if c.PayloadBucket == "" {
		return without("PAYLOAD_BUCKET"), nil
	}
	bucket, err := s3blob.New(s3blob.NewClient(base.AWS), s3blob.Config{Bucket: c.PayloadBucket})
	if err != nil {
		return nil, err
	}
	service, err := audit.New(audit.Config{Store: store, Blobs: bucket})
	if err != nil {
		return nil, err
	}
	return service.Operation(), nil
}
