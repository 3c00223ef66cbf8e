// Command put stores an object, and a second one from a function literal.
package main

import (
	"bytes"
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

type store struct{ client *s3.Client }

func (s *store) put(ctx context.Context) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Body: bytes.NewReader(nil)})
	return err
}

func main() {
	s := &store{s3.New(s3.Options{})}
	if err := s.put(context.Background()); err != nil {
		panic(err)
	}
	func() {
		_, _ = s.client.PutObject(context.Background(), &s3.PutObjectInput{})
	}()
}
