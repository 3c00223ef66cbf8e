package main

import (
	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/erase"
	"github.com/fluxa/fluxa/pkg/operate"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/s3blob"
)

func eraseOf(base boot.Base, c config.Reach, store *pgstore.Store) (operate.Operation, error) {
	if c.PayloadBucket == "" {
		return without("PAYLOAD_BUCKET"), nil
	}
	objects, err := s3blob.NewVersions(s3blob.NewClient(base.AWS), s3blob.Config{Bucket: c.PayloadBucket})
	if err != nil {
		return nil, err
	}
	return erase.Operation(store, objects, contract.RequestLimit), nil
}
