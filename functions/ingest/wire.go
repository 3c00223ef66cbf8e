package main

import (
	"context"
	"io"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/rest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/ingest"
	"github.com/fluxa/fluxa/pkg/s3blob"
	"github.com/fluxa/fluxa/pkg/sqsqueue"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// wire makes the handler out of the settings; tests start the function by it too.
func wire(ctx context.Context, out io.Writer, c config.Ingest) (any, error) {
	base, err := boot.NewBase(ctx, out, contract.FunctionIngest, c.Service)
	if err != nil {
		return nil, err
	}
	queue, err := sqsqueue.NewSender(sqs.NewFromConfig(base.AWS), sqsqueue.Config{QueueURL: c.QueueURL, TraceHeader: telemetry.TraceHeader})
	if err != nil {
		return nil, err
	}
	blobs, err := s3blob.New(s3blob.NewClient(base.AWS), s3blob.Config{Bucket: c.PayloadBucket})
	if err != nil {
		return nil, err
	}
	api, err := newAPI(base, ingest.Config{Queue: queue, Blobs: blobs}, c.Clients)
	if err != nil {
		return nil, err
	}
	return boot.Checked(base, boot.Handler(api.Handle),
		api.Check(contract.RouteIngest, events.APIGatewayProxyRequest{Body: "{}"}, http.StatusUnprocessableEntity),
		boot.Check{Name: "queue", Run: queue.Check}, boot.Check{Name: "payloads", Run: blobs.CheckPut}), nil
}

func newAPI(base boot.Base, c ingest.Config, clients config.Clients) (*rest.API, error) {
	service, err := ingest.New(c)
	if err != nil {
		return nil, err
	}
	metrics, err := base.Metrics(contract.NamespaceIngest)
	if err != nil {
		return nil, err
	}
	h := &handler{service: service, metrics: metrics}
	return rest.New(contract.FunctionIngest, rest.Config{Handlers: h.routes(), Base: base, Metrics: metrics, Observe: h.observe, Clients: clients})
}
