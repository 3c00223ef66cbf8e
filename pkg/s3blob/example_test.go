package s3blob_test

import (
	"context"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/s3blob"
)

func ExampleBucket() {
	ctx := context.Background()
	loaded, err := awsclient.Load(awsclient.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	bucket, err := s3blob.New(s3blob.NewClient(loaded), s3blob.Config{Bucket: "fluxa-payloads-dev"})
	if err != nil {
		fmt.Println(err)
		return
	}
	payload := []byte(`{"user_id":"u","amount":1}`)
	hash := event.Hash(payload)
	if err := bucket.Put(ctx, event.ObjectKey(event.Identity{ID: "e1"}, hash), payload, hash, time.Now()); err != nil {
		fmt.Println(err)
	}
}
